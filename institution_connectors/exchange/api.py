"""The institution API: what hospitals push to the hub."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub import clock
from hub.api import throttling
from hub.api.views import HubAPIView
from hub.security.client import client_ip
from hub.security.keyring import ring
from hub.security.permissions import PUBLIC
from institution_connectors.catalog import selectors as catalog
from institution_connectors.catalog.errors import NoConnector
from institution_connectors.contracts import ConnectorProfile, Direction, MalformedMessage, Wire
from institution_connectors.exchange import inbound, signing
from institution_connectors.exchange.errors import BadSignature, MessageRefused, MessageTooLarge
from institution_connectors.runtime.adapters import adapter_of

MAX_BYTES = 2 << 20
_SIGNED = [
    OpenApiParameter("timestamp", int, OpenApiParameter.HEADER, required=True, description="Unix seconds"),
    OpenApiParameter("nonce", str, OpenApiParameter.HEADER, required=True, pattern="^[0-9A-Za-z]{16,64}$"),
    OpenApiParameter("sign", str, OpenApiParameter.HEADER, required=True, description="HMAC-SHA256, hex"),
]
_ACK = inline_serializer(
    "MessageAck",
    {"code": serializers.CharField(), "message": serializers.CharField(), "message_id": serializers.CharField()},
)


class MessagesView(HubAPIView):
    """A message of a hospital, signed with its own key; the same message again gets the same acknowledgement."""

    permission: ClassVar[str] = PUBLIC  # the signature is the permission
    authentication_classes = ()
    rate: ClassVar[str] = "institution"

    @extend_schema(parameters=_SIGNED, request=OpenApiTypes.OBJECT, responses={200: _ACK}, tags=["institution"])
    def post(self, request: Request, code: str) -> Response:
        """Take a message in."""
        throttling.take(self.rate, f"hospital:{code}")
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            raise MessageTooLarge(
                gettext("消息超过 %(MAX_BYTES)s 字节，请按天拆分排班快照。") % {"MAX_BYTES": MAX_BYTES}
            )
        body, head = request._request.body, {name.lower(): value for name, value in request.headers.items()}
        profile = _sender(code)
        secret = ring().secret(profile.secret_ref)
        signing.verify(code, secret, path=request.path, head=head, body=body, now=clock.now())
        wire = Wire(direction=Direction.RECEIVED, at=clock.now(), body=body, content_type=head.get("content-type", ""))
        try:
            message = adapter_of(profile).decode_inbound(body, head)
        except MalformedMessage as problem:
            inbound.refuse(code, wire, str(problem), ip=client_ip(request))
            raise MessageRefused(gettext("消息无法识别：%(problem)s") % {"problem": problem}) from problem
        receipt = inbound.receive(code, message, wire, ip=client_ip(request))
        return Response({"code": "0", "message": "ok", "message_id": receipt.message_id})

    def check_throttles(self, request: Request) -> None:
        """The bucket is the hospital's, taken in `post`: many hospitals may share a gateway's address."""


def _sender(code: str) -> ConnectorProfile:
    """Who claims to send; a stranger learns no more than one with a wrong key."""
    try:
        return catalog.profile(code)
    except NoConnector as problem:
        raise BadSignature from problem
