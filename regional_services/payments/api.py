"""The residents' API of orders, and the address where WeChat Pay leaves its notices."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.idempotency import command_from
from hub.api.pagination import CursorPage, page_of, page_request
from hub.api.views import PUBLIC, RESIDENT, HubAPIView
from hub.tenancy.scope import region
from regional_services.payments import access, notices, selectors, services
from regional_services.payments.selectors import AttemptView
from regional_services.payments.serializers import (
    AttemptDetailSerializer,
    AttemptRequestSerializer,
    AttemptSerializer,
    OrderDetailSerializer,
    OrderSerializer,
    RefundSerializer,
)

POLL_SECONDS = 1


class Orders(HubAPIView):
    """The account's orders."""

    permission = RESIDENT
    paged_methods = frozenset({"GET"})

    @extend_schema(
        summary="我的订单", responses=page_of(OrderSerializer), operation_id="orders_list", tags=["payments"]
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        page = page_request(request)
        with region(read_only=True):
            rows = selectors.orders_of_account(access.account(self.actor), after=page.after, limit=page.limit + 1)
        found = CursorPage.of(rows, page, key=lambda row: (row.created_at, row.id))
        return found.shown(OrderSerializer)


class OrderDetail(HubAPIView):
    """One order."""

    permission = RESIDENT

    @extend_schema(summary="订单详情", responses=OrderDetailSerializer, operation_id="orders_read", tags=["payments"])
    def get(self, _request: Request, order_id: UUID) -> Response:
        """With its refunds."""
        with region(read_only=True):
            order = selectors.order_view(access.order_for(self.actor, order_id))
            refunds = selectors.refunds(order_id)
        return Response({**OrderSerializer(order).data, "refunds": RefundSerializer(refunds, many=True).data})


class OrderAttempts(HubAPIView):
    """Begin to pay."""

    permission = RESIDENT
    idempotent_methods = frozenset({"POST"})

    @extend_schema(
        summary="发起支付",
        request=AttemptRequestSerializer,
        responses={202: AttemptDetailSerializer},
        operation_id="orders_pay",
        tags=["payments"],
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        """The channel is asked in the background: read the attempt at `Location` until it is ready."""
        wanted = AttemptRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        attempt = services.start_attempt(
            order_id,
            actor=self.actor,
            command=command_from(request, "payments.attempt"),
            openid=wanted.validated_data["openid"],
            channel=wanted.validated_data["channel"],
        )
        headers = {"Location": f"/api/resident/v1/attempts/{attempt.id}", "Retry-After": str(POLL_SECONDS)}
        return Response(_attempt(attempt, None), status=status.HTTP_202_ACCEPTED, headers=headers)


class AttemptDetail(HubAPIView):
    """One try to pay."""

    permission = RESIDENT

    @extend_schema(
        summary="支付状态", responses=AttemptDetailSerializer, operation_id="attempts_read", tags=["payments"]
    )
    def get(self, _request: Request, attempt_id: UUID) -> Response:
        """While the channel has not answered, `Retry-After` says when to ask again."""
        with region(read_only=True):
            attempt = selectors.attempt_view(access.attempt_for(self.actor, attempt_id))
        call_up = services.call_up(attempt_id, actor=self.actor) if attempt.ready and attempt.prepay_id else None
        headers = {"Retry-After": str(POLL_SECONDS)} if attempt.state in {"created", "unknown"} else {}
        return Response(_attempt(attempt, call_up), headers=headers)


class WeChatNotify(HubAPIView):
    """Where WeChat Pay leaves its notices; nobody else can: the signature is the sign-in."""

    channel = "wechat"
    permission = PUBLIC
    rate = "provider"

    @extend_schema(
        summary="微信支付结果通知",
        request=None,
        responses={204: None, 401: OpenApiResponse(description="签名验证失败")},
        operation_id="wechatpay_notify",
        tags=["provider"],
    )
    def post(self, request: Request, merchant_id: UUID) -> Response:
        """Verified and stored within the request, acted on after it."""
        notices.receive(self.channel, merchant_id, request.headers, request.body)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _attempt(attempt: AttemptView, call_up: dict[str, str] | None) -> dict[str, object]:
    return {**AttemptSerializer(attempt).data, "call_up": call_up}
