"""`/api/resident/v1/bookings/{id}/insurance-voucher`: one tap inside registration."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.views import RESIDENT, HubAPIView
from regional_services.insurance import selectors, services
from regional_services.insurance.selectors import VoucherView


class VoucherSerializer(serializers.Serializer[Any]):
    """How the voucher stands; `state` is null where nobody asked yet."""

    state = serializers.CharField(allow_null=True)
    text = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class VoucherWishSerializer(serializers.Serializer[Any]):
    """Whether the patient agrees that the insurer is given name, document and phone."""

    consented = serializers.BooleanField(default=False)


class BookingVoucherView(HubAPIView):
    """The voucher of a booking's patient."""

    permission = RESIDENT

    @extend_schema(operation_id="booking_voucher_read", responses=VoucherSerializer)
    def get(self, request: Request, booking_id: UUID) -> Response:  # noqa: ARG002 - the route's signature
        """How it stands; asked again by the hub itself while unknown."""
        return _answer(selectors.voucher_of(self.actor, booking_id), 200)

    @extend_schema(
        operation_id="booking_voucher_activate", request=VoucherWishSerializer, responses={202: VoucherSerializer}
    )
    def post(self, request: Request, booking_id: UUID) -> Response:
        """Activate; the order stays as it is whatever the insurer says."""
        given = VoucherWishSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.activate(actor=self.actor, booking_id=booking_id, consented=given.validated_data["consented"])
        return _answer(selectors.voucher_of(self.actor, booking_id), 202)


def _answer(view: VoucherView, status: int) -> Response:
    body = {
        "state": view.state.value if view.state else None,
        "text": view.state.label if view.state else "",
        "reason": view.reason,
    }
    return Response(body, status=status, headers={"Retry-After": "1"} if view.is_open else {})
