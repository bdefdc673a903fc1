"""The institution API: what hospitals push to the hub."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
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
from institution_connectors.contracts import ConnectorProfile, Direction, MalformedMessage, Subscribing, Wire
from institution_connectors.exchange import inbound, signing
from institution_connectors.exchange.errors import BadSignature, MessageRefused, MessageTooLarge
from institution_connectors.runtime.adapters import adapter_of

MAX_BYTES = 2 << 20
_SIGNED = [
    OpenApiParameter("timestamp", int, OpenApiParameter.HEADER, required=True, description="Unix seconds"),
    OpenApiParameter("nonce", str, OpenApiParameter.HEADER, required=True, pattern="^[0-9A-Za-z]{16,64}$"),
    OpenApiParameter("sign", str, OpenApiParameter.HEADER, required=True, description="HMAC-SHA256, hex"),
]
_BEARER = [OpenApiParameter("Authorization", str, OpenApiParameter.HEADER, required=True, description="Bearer")]
_TAGS = ["institution"]
_ACK = inline_serializer(
    "MessageAck",
    {"code": serializers.CharField(), "message": serializers.CharField(), "message_id": serializers.CharField()},
)


class FromHospital(HubAPIView):
    """What all messages of hospitals share: their bucket, their size, the way into the inbox."""

    permission: ClassVar[str] = PUBLIC  # the signature or the token is the permission
    authentication_classes = ()
    rate: ClassVar[str] = "institution"

    def body(self, request: Request, code: str) -> tuple[bytes, dict[str, str]]:
        """The bytes and the head of a message that is not too large, taken out of the hospital's own bucket."""
        throttling.take(self.rate, f"hospital:{code}")
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            raise MessageTooLarge(
                gettext("消息超过 %(MAX_BYTES)s 字节，请按天拆分排班快照。") % {"MAX_BYTES": MAX_BYTES}
            )
        return request._request.body, {name.lower(): value for name, value in request.headers.items()}

    def taken(self, request: Request, profile: ConnectorProfile, body: bytes, head: dict[str, str]) -> inbound.Receipt:
        """The message in the inbox; kept with its reason and raised again if it can't be taken."""
        wire = Wire(direction=Direction.RECEIVED, at=clock.now(), body=body, content_type=head.get("content-type", ""))
        try:
            message = adapter_of(profile).decode_inbound(body, head)
        except MalformedMessage as problem:
            inbound.refuse(profile.hospital, wire, str(problem), ip=client_ip(request))
            raise
        return inbound.receive(profile.hospital, message, wire, ip=client_ip(request))

    def check_throttles(self, request: Request) -> None:
        """The bucket is the hospital's, taken in `body`: many hospitals may share a gateway's address."""


class MessagesView(FromHospital):
    """A message of a hospital, signed with its own key; the same message again gets the same acknowledgement."""

    @extend_schema(parameters=_SIGNED, request=OpenApiTypes.OBJECT, responses={200: _ACK}, tags=["institution"])
    def post(self, request: Request, code: str) -> Response:
        """Take a message in."""
        body, head = self.body(request, code)
        profile = _sender(code)
        secret = ring().secret(profile.secret_ref)
        signing.verify(code, secret, path=request.path, head=head, body=body, now=clock.now())
        try:
            receipt = self.taken(request, profile, body, head)
        except MalformedMessage as problem:
            raise MessageRefused(gettext("消息无法识别：%(problem)s") % {"problem": problem}) from problem
        return Response({"code": "0", "message": "ok", "message_id": receipt.message_id})


class FhirRenderer(JSONRenderer):
    """JSON under FHIR's own name."""

    media_type = "application/fhir+json"
    format = "fhir"


class FromFhirServer(FromHospital):
    """A notification of a subscription of ours; answered with an OperationOutcome, the second time as the first."""

    renderer_classes = (FhirRenderer, JSONRenderer)

    def notified(self, request: Request, code: str) -> Response:
        """Take a resource in; what it is called stands in it."""
        body, head = self.body(request, code)
        profile = _sender(code)
        if not isinstance(adapter_of(profile), Subscribing):
            raise BadSignature
        signing.verify_token(code, ring().secret(profile.secret_ref), head)
        try:
            receipt = self.taken(request, profile, body, head)
        except MalformedMessage as problem:
            return Response(_outcome("error", problem.code or "invalid", str(problem), problem.where), status=422)
        return Response(_outcome("information", "informational", receipt.message_id))


class CollectionView(FromFhirServer):
    """Sessions and numbers of whole days, as one Bundle."""

    @extend_schema(parameters=_BEARER, request=OpenApiTypes.OBJECT, responses={200: OpenApiTypes.OBJECT}, tags=_TAGS)
    def post(self, request: Request, code: str) -> Response:
        """Take a collection in."""
        return self.notified(request, code)


class ResourceView(FromFhirServer):
    """One resource that changed."""

    @extend_schema(parameters=_BEARER, request=OpenApiTypes.OBJECT, responses={200: OpenApiTypes.OBJECT}, tags=_TAGS)
    def put(self, request: Request, code: str, kind: str, wanted: str) -> Response:  # noqa: ARG002 - its address
        """Take a changed resource in."""
        return self.notified(request, code)


def _outcome(severity: str, code: str, text: str, where: str = "") -> dict[str, Any]:
    issue: dict[str, Any] = {"severity": severity, "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [{**issue, "expression": [where]} if where else issue]}


def _sender(code: str) -> ConnectorProfile:
    """Who claims to send; a stranger learns no more than one with a wrong key."""
    try:
        return catalog.profile(code)
    except NoConnector as problem:
        raise BadSignature from problem
