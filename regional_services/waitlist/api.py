"""`/api/resident/v1/waiting-entries`: wait for a number of a full session, accept it, leave."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.idempotency import command_from
from hub.api.pagination import CursorPage, page_request
from hub.api.views import RESIDENT, HubAPIView
from hub.errors import NotSignedIn
from regional_services.booking.api import answer
from regional_services.booking.serializers import BookingSerializer
from regional_services.waitlist import selectors, services
from regional_services.waitlist.serializers import EntryPageSerializer, EntrySerializer, JoinSerializer, render
from regional_services.waitlist.services import Until


class EntriesView(HubAPIView):
    """The account's places in line, and new ones."""

    permission = RESIDENT
    rate = "booking"
    idempotent_methods = frozenset({"POST"})
    paged_methods = frozenset({"GET"})

    @extend_schema(operation_id="waiting_entries_list", responses=EntryPageSerializer)
    def get(self, request: Request) -> Response:
        """My places, newest first."""
        if self.actor.id is None:
            raise NotSignedIn
        page = page_request(request)
        before = UUID(page.after[0]) if page.after else None
        rows = selectors.of_account(self.actor.id, before=before, limit=page.limit + 1)
        return CursorPage.of(rows, page, key=lambda view: (view.id,)).response(render)

    @extend_schema(operation_id="waiting_entries_create", request=JoinSerializer, responses={201: EntrySerializer})
    def post(self, request: Request) -> Response:
        """Take a place in line for a full session."""
        asked = JoinSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = {**asked.validated_data, "until": Until(asked.validated_data["until"])}
        view = services.join(actor=self.actor, command=command_from(request, "waitlist.join"), **values)
        return Response(render(view), status=201, headers={"Location": f"/api/resident/v1/waiting-entries/{view.id}"})


class EntryDetailView(HubAPIView):
    """One place in line."""

    permission = RESIDENT

    @extend_schema(operation_id="waiting_entries_read", responses=EntrySerializer)
    def get(self, request: Request, entry_id: UUID) -> Response:  # noqa: ARG002 - the route's signature
        """One place, with how many are ahead and the number held for it."""
        return Response(render(selectors.view_of(selectors.own_entry(self.actor, entry_id))))


class AcceptView(HubAPIView):
    """The offered number is wanted."""

    permission = RESIDENT
    rate = "booking"

    @extend_schema(
        operation_id="waiting_entries_accept",
        request=None,
        responses={200: BookingSerializer, 202: BookingSerializer},
    )
    def post(self, request: Request, entry_id: UUID) -> Response:  # noqa: ARG002
        """Book the number held for this place; a repeat gives the same booking."""
        return answer(services.accept(actor=self.actor, entry_id=entry_id), 200)


class LeaveView(HubAPIView):
    """The place is given back."""

    permission = RESIDENT
    rate = "booking"

    @extend_schema(operation_id="waiting_entries_leave", request=None, responses=EntrySerializer)
    def post(self, request: Request, entry_id: UUID) -> Response:  # noqa: ARG002
        """Leave the line; a number held for this place goes to the next."""
        return Response(render(services.leave(actor=self.actor, entry_id=entry_id)))
