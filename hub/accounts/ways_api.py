"""`/api/resident/v1/auth/ways`: what opens the account of whoever calls; bind a platform's user, unbind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.accounts import handles, platforms
from hub.accounts.access import own_account
from hub.accounts.serializers import DEVICE
from hub.accounts.services import platforms as ways
from hub.accounts.tokens import AccessClaims
from hub.api.reading import body_of
from hub.api.views import RESIDENT, HubAPIView
from hub.tenancy.scope import region

_TAGS = ["auth"]


class WaySerializer(serializers.Serializer[Any]):
    """One way in."""

    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="phone, wechat, alipay or city_app")
    masked = serializers.CharField()
    since = serializers.DateTimeField()


class WaysSerializer(serializers.Serializer[Any]):
    """All of them, oldest first; always few."""

    items = WaySerializer(many=True)
    next = serializers.CharField(allow_null=True)


class BindingSerializer(serializers.Serializer[Any]):
    """A platform's confirmed authorisation, begun by this device."""

    platform = serializers.SlugField(help_text="wechat, alipay or city-app")
    ask_id = serializers.UUIDField()
    device_id = serializers.CharField(**DEVICE)


class WaysView(HubAPIView):
    """The ways in."""

    permission = RESIDENT

    @extend_schema(summary="我的登录方式", responses=WaysSerializer, operation_id="auth_ways_list", tags=_TAGS)
    def get(self, _request: Request) -> Response:
        """Masked."""
        return self._listed(status.HTTP_200_OK)

    @extend_schema(
        summary="绑定登录方式",
        request=BindingSerializer,
        responses={201: WaysSerializer},
        operation_id="auth_ways_bind",
        tags=_TAGS,
    )
    def post(self, request: Request) -> Response:
        """Bind. 409 `accounts.handle_taken` where it opens another account: propose a merge with the same ask."""
        data = body_of(request, BindingSerializer)
        platform = platforms.named(data["platform"])
        ways.bind(actor=self.actor, platform=platform, ask_id=data["ask_id"], binding=data["device_id"])
        return self._listed(status.HTTP_201_CREATED)

    def _listed(self, code: int) -> Response:
        with region(read_only=True):
            rows = handles.handles_of(own_account(self.actor))
        return Response(WaysSerializer({"items": rows, "next": None}).data, status=code)


class WayView(HubAPIView):
    """One of them."""

    permission = RESIDENT

    @extend_schema(
        summary="解绑登录方式",
        responses={204: OpenApiResponse(description="unbound; other sign-ins by it end")},
        operation_id="auth_ways_unbind",
        tags=_TAGS,
    )
    def delete(self, request: Request, handle_id: UUID) -> Response:
        """Unbind. 409 `accounts.last_way_in` for the last that works."""
        held = request.auth.sign_in_id if isinstance(request.auth, AccessClaims) else None
        ways.unbind(actor=self.actor, handle_id=handle_id, sign_in_id=held)
        return Response(status=status.HTTP_204_NO_CONTENT)
