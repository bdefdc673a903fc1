"""`/api/resident/v1/bookings`: book, look, cancel, register on the day, check in."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hub import clock, waiting_room
from hub.api.idempotency import command_from
from hub.api.pagination import CursorPage, page_of, page_request
from hub.api.views import RESIDENT, HubAPIView
from hub.errors import NotSignedIn
from hub.waiting_room import Place
from regional_services.booking import access, moving, rush, selectors, services
from regional_services.booking.arrival import Position
from regional_services.booking.moving import NewPlace
from regional_services.booking.selectors import BookingView, Shelf, booking_view
from regional_services.booking.serializers import (
    BookingHistorySerializer,
    BookingRequestSerializer,
    BookingSerializer,
    BookingsQuery,
    CancelRequestSerializer,
    JoinLineSerializer,
    PlaceSerializer,
    PositionSerializer,
    RescheduleRequestSerializer,
    render,
    render_step,
)
from regional_services.booking.services import BookingWish

POLL_SECONDS = ((10.0, 1), (60.0, 2), (300.0, 5))
"""How long something has been moving, and after how many seconds it is worth asking again; later every ten."""
_PLACE = RescheduleRequestSerializer()
_WISH = BookingRequestSerializer()  # its fields are copied once, not for every request


def answer(view: BookingView, status: int) -> Response:
    """A booking; 202 with Location and Retry-After while something still moves by itself."""
    headers = {"Location": f"/api/resident/v1/bookings/{view.id}"}
    if not view.settled:
        status, headers["Retry-After"] = 202, str(_again(view))
    return Response(render(view), status=status, headers=headers)


def _again(view: BookingView) -> int:
    """Whoever waits for a hospital that does not answer asks more and more seldom: there are many of them."""
    moving = (clock.now() - view.updated_at).total_seconds()
    return next((seconds for limit, seconds in POLL_SECONDS if moving < limit), 10)


class BookingsView(HubAPIView):
    """The account's bookings over all hospitals, and new ones."""

    permission = RESIDENT
    rate = "booking"
    idempotent_methods = frozenset({"POST"})
    paged_methods = frozenset({"GET"})

    @extend_schema(operation_id="bookings_list", parameters=[BookingsQuery], responses=page_of(BookingSerializer))
    def get(self, request: Request) -> Response:
        """My bookings, newest first, of one list if it is named (JA-APPT-19, WX-APPT-16)."""
        if self.actor.id is None:
            raise NotSignedIn
        page = page_request(request)
        before = UUID(page.after[0]) if page.after else None
        asked = BookingsQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        shelf = Shelf(asked.validated_data["list"]) if "list" in asked.validated_data else None
        rows = selectors.bookings_of_account(self.actor.id, shelf=shelf, before=before, limit=page.limit + 1)
        return CursorPage.of(rows, page, key=lambda view: (view.id,)).response(render)

    @extend_schema(
        operation_id="bookings_create",
        request=BookingRequestSerializer,
        responses={201: BookingSerializer, 202: BookingSerializer},
    )
    def post(self, request: Request) -> Response:
        """Book one number. 201: it stands or waits for payment; 202: the hospital is being asked, poll Location."""
        wish = BookingWish(**_WISH.run_validation(request.data))
        view = services.create_booking(actor=self.actor, wish=wish, command=command_from(request, "booking.create"))
        return answer(view, 201)


class BookingDetailView(HubAPIView):
    """One booking."""

    permission = RESIDENT

    @extend_schema(operation_id="bookings_read", responses=BookingSerializer)
    def get(self, request: Request, booking_id: UUID) -> Response:  # noqa: ARG002 - the route's signature
        """One booking, with Retry-After while something still moves by itself; its history is at `/history`."""
        view = booking_view(access.own_booking(self.actor, booking_id))
        return Response(render(view), headers={} if view.settled else {"Retry-After": str(_again(view))})


class HistoryView(HubAPIView):
    """What happened to a booking."""

    permission = RESIDENT

    @extend_schema(operation_id="bookings_history", responses=BookingHistorySerializer)
    def get(self, request: Request, booking_id: UUID) -> Response:  # noqa: ARG002
        """Each change of state or settlement, by whom and why."""
        access.own_booking(self.actor, booking_id)
        return Response({"items": [render_step(step) for step in selectors.history(booking_id)], "next": None})


class CancelView(HubAPIView):
    """Give a booking back."""

    permission = RESIDENT
    rate = "booking"
    idempotent_methods = frozenset({"POST"})

    @extend_schema(
        operation_id="bookings_cancel",
        request=CancelRequestSerializer,
        responses={200: BookingSerializer, 202: BookingSerializer},
    )
    def post(self, request: Request, booking_id: UUID) -> Response:
        """Cancel; a paid fee goes back by itself and stays visible until it is there."""
        asked = CancelRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        view = services.cancel_booking(
            actor=self.actor,
            booking_id=booking_id,
            reason=asked.validated_data["reason"],
            command=command_from(request, "booking.cancel"),
        )
        return answer(view, 200)


class RescheduleView(HubAPIView):
    """改约: another number instead."""

    permission = RESIDENT
    rate = "booking"
    idempotent_methods = frozenset({"POST"})

    @extend_schema(
        operation_id="bookings_reschedule",
        request=RescheduleRequestSerializer,
        responses={201: BookingSerializer, 202: BookingSerializer},
    )
    def post(self, request: Request, booking_id: UUID) -> Response:
        """The new booking; the old number goes back only when the hospital has registered the new one."""
        place = NewPlace(**_PLACE.run_validation(request.data))
        command = command_from(request, "booking.reschedule")
        return answer(moving.reschedule(actor=self.actor, booking_id=booking_id, place=place, command=command), 201)


class LineView(HubAPIView):
    """A place in a hospital's waiting room."""

    permission = RESIDENT
    rate = "booking"

    @extend_schema(operation_id="line_read", responses=PlaceSerializer)
    def get(self, request: Request, code: str) -> Response:  # noqa: ARG002 - the route's signature
        """Where I stand, and where to ask for it from now on."""
        return self._told(code, rush.place(self.actor, code))

    @extend_schema(operation_id="line_join", request=JoinLineSerializer, responses=PlaceSerializer)
    def post(self, request: Request, code: str) -> Response:
        """Take the one place; again it is the same."""
        asked = JoinLineSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self._told(code, rush.join(self.actor, code, asked.validated_data["session_id"]))

    @extend_schema(operation_id="line_leave", responses={200: PlaceSerializer})
    def delete(self, request: Request, code: str) -> Response:  # noqa: ARG002
        """Give it back."""
        return self._told(code, rush.leave(self.actor, code))

    def _told(self, code: str, place: Place) -> Response:
        low, high = place.seconds
        return Response(
            {
                "state": place.state.value,
                "ahead": place.ahead,
                "total": place.total,
                "left_ms": place.left_ms,
                "low": low,
                "high": high,
                "again_ms": place.again_ms,
                "address": waiting_room.address(code, str(self.actor.id)),
            }
        )


class RegisterView(HubAPIView):
    """去挂号: register online on the visit day."""

    permission = RESIDENT
    rate = "booking"
    idempotent_methods = frozenset({"POST"})

    @extend_schema(operation_id="bookings_register", request=None, responses=BookingSerializer)
    def post(self, request: Request, booking_id: UUID) -> Response:
        """Open the one payable order of a booking that stands unpaid; repeating gives the same order (JA-APPT-07)."""
        command = command_from(request, "booking.register")
        return answer(services.register_booking(actor=self.actor, booking_id=booking_id, command=command), 200)


class CheckInView(HubAPIView):
    """The patient is there."""

    permission = RESIDENT
    rate = "booking"

    @extend_schema(operation_id="bookings_check_in", request=PositionSerializer, responses=BookingSerializer)
    def post(self, request: Request, booking_id: UUID) -> Response:
        """Check in on the visit day, with the phone's position where the hospital asks for it."""
        given = PositionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        position = Position(**given.validated_data) if given.validated_data else None
        return Response(render(services.check_in(actor=self.actor, booking_id=booking_id, position=position)))
