"""`/api/resident/v1/bookings/<id>/queue`, `/check-in`, `/follow`: where one stands, being there, following somebody."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.views import RESIDENT, HubAPIView
from regional_services.waiting import access, services
from regional_services.waiting.serializers import CheckInRequestSerializer, PlaceSerializer, render
from tenants.queueing.presence import Position

RETRY_SECONDS = "15"


class PlaceView(HubAPIView):
    """A place in line."""

    permission = RESIDENT
    rate = "read"

    @extend_schema(operation_id="bookings_queue", responses=PlaceSerializer)
    def get(self, request: Request, booking_id: UUID) -> Response:  # noqa: ARG002
        """Where the booking stands now; ask again no sooner than Retry-After says (JA-APPT-15)."""
        view = access.own_place(self.actor, booking_id)
        return Response(render(view), headers={} if view.ended else {"Retry-After": RETRY_SECONDS})


class CheckInView(HubAPIView):
    """The patient is there."""

    permission = RESIDENT
    rate = "booking"

    @extend_schema(operation_id="bookings_check_in", request=CheckInRequestSerializer, responses={204: None})
    def post(self, request: Request, booking_id: UUID) -> Response:
        """Check in on the visit day by place or by the clinic's code; a repeat changes nothing."""
        asked = CheckInRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        if "code" in given:
            services.arrive_by_code(actor=self.actor, booking_id=booking_id, code=given["code"])
        else:
            position = Position(
                latitude=given["latitude"], longitude=given["longitude"], accuracy=given["accuracy"]
            )
            services.arrive_by_place(actor=self.actor, booking_id=booking_id, position=position)
        return Response(status=204)


class FollowView(HubAPIView):
    """Following a relative's visit."""

    permission = RESIDENT
    rate = "booking"

    @extend_schema(operation_id="bookings_follow", request=None, responses={204: None})
    def post(self, request: Request, booking_id: UUID) -> Response:  # noqa: ARG002
        """Follow; messages about this visit come to this account too."""
        services.follow(actor=self.actor, booking_id=booking_id)
        return Response(status=204)

    @extend_schema(operation_id="bookings_unfollow", request=None, responses={204: None})
    def delete(self, request: Request, booking_id: UUID) -> Response:  # noqa: ARG002
        """Follow no longer."""
        services.unfollow(actor=self.actor, booking_id=booking_id)
        return Response(status=204)
