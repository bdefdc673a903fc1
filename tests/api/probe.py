"""A small API of its own, mounted by tests through ROOT_URLCONF: one view for each convention."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import include, path
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from hub import errors
from hub.api.idempotency import command_from
from hub.api.pagination import CursorPage, page_request
from hub.api.views import PUBLIC, RESIDENT, HubAPIView

handler404 = "hub.api.middleware.not_found"
handler500 = "hub.api.middleware.server_error"

FAILURES: dict[str, Exception] = {
    "invalid": errors.InvalidInput(fields={"phone": "请填写正确的手机号码"}),
    "missing": errors.NotFound(),
    "signed-out": errors.NotSignedIn(),
    "forbidden": errors.Forbidden(),
    "conflict": errors.Conflict(detail={"state": "held"}),
    "mismatch": errors.IdempotencyMismatch(),
    "too-many": errors.TooManyRequests(retry_after=7),
    "away": errors.Unavailable(retry_after=30),
    "http404": Http404("secret detail"),
    "denied": PermissionDenied("secret detail"),
    "crash": RuntimeError("secret detail 13800001234"),
}


class Patient(serializers.Serializer[Any]):
    """A nested input."""

    name = serializers.CharField(max_length=5)
    phones = serializers.ListField(child=serializers.CharField(max_length=3))


class Order(serializers.Serializer[Any]):
    """An input with an object inside."""

    patient = Patient()
    amount = serializers.IntegerField(min_value=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A rule over several fields."""
        if attrs["amount"] > 100:
            raise serializers.ValidationError("合计超限")
        return attrs


class Failing(HubAPIView):
    """Raises what the address names."""

    permission = PUBLIC

    def get(self, _request: Request, kind: str) -> Response:
        """Fail."""
        raise FAILURES[kind]


class Orders(HubAPIView):
    """Validates, pages, reads the command."""

    permission = {"GET": PUBLIC, "POST": PUBLIC, "PUT": RESIDENT}
    idempotent_methods = frozenset({"PUT"})
    paged_methods = frozenset({"GET"})

    def get(self, request: Request) -> Response:
        """45 rows in pages."""
        page = page_request(request)
        start = int(page.after[0]) + 1 if page.after else 0
        rows = list(range(start, min(45, start + page.limit + 1)))
        return CursorPage.of(rows, page, key=lambda row: (row,)).response(lambda row: {"number": row})

    def post(self, request: Request) -> Response:
        """Validate."""
        form = Order(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(form.validated_data)

    def put(self, request: Request) -> Response:
        """Echo the command."""
        command = command_from(request, "probe.put")
        return Response({"key": command.key, "fingerprint": command.fingerprint})


class Command(HubAPIView):
    """The command of anybody's request."""

    permission = PUBLIC

    def post(self, request: Request) -> Response:
        """Echo the command."""
        command = command_from(request, "probe.post")
        return Response({"key": command.key, "fingerprint": command.fingerprint})


class Undeclared(HubAPIView):
    """Says nothing about who may call it."""

    def get(self, _request: Request) -> Response:
        """Never reached."""
        return Response({"secret": True})


class Misspelt(HubAPIView):
    """Declares a permission nobody registered."""

    permission = "accounts.viewww"

    def get(self, _request: Request) -> Response:
        """Never reached."""
        return Response({"secret": True})


class Opened(HubAPIView):
    """Replaces the permission class."""

    permission = PUBLIC
    permission_classes = [AllowAny]

    def get(self, _request: Request) -> Response:
        """Reached, which is why the check refuses it."""
        return Response({})


class Staff(HubAPIView):
    """For the security administrator."""

    permission = "accounts.grant_roles"

    def get(self, _request: Request) -> Response:
        """Who?"""
        return Response({"actor": str(self.actor.id)})


_views = [
    path("fail/<str:kind>", Failing.as_view()),
    path("orders", Orders.as_view()),
    path("command", Command.as_view()),
    path("undeclared", Undeclared.as_view()),
    path("misspelt", Misspelt.as_view()),
    path("opened", Opened.as_view()),
    path("staff", Staff.as_view()),
]
urlpatterns = [path("api/probe/", include((_views, "probe")))]
