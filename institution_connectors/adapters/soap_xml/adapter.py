"""The dialect `soap_xml`: one SOAP method, an XML string inside, transactions by number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from hub import clock, ids
from institution_connectors.adapters.soap_xml.client import SoapClient
from institution_connectors.adapters.soap_xml.document import Node, element
from institution_connectors.adapters.soap_xml.envelope import Style
from institution_connectors.adapters.soap_xml.errors import Incomplete, Unreadable
from institution_connectors.adapters.soap_xml.mapping import TRANSACTIONS, Writer, read, transaction
from institution_connectors.charsets import CharsetError, codec_of
from institution_connectors.contracts import (
    Answer,
    Call,
    Command,
    ConnectorProfile,
    Inbound,
    MalformedMessage,
    Operation,
    Options,
    Reason,
    Request,
)
from institution_connectors.http import CallFailed
from institution_connectors.refusals import reason_of

_HIDDEN = "********"


class SoapXmlAdapter:
    """Speaks to one hospital; thread-safe. Hospitals of this dialect send nothing by themselves: they are polled."""

    dialect: ClassVar[str] = "soap_xml"
    operations: ClassVar[frozenset[Operation]] = frozenset(TRANSACTIONS)

    def __init__(self, profile: ConnectorProfile, secret: bytes) -> None:
        self._profile = profile
        self._auth_key = secret.decode("ascii")
        self._writer = Writer(profile)
        self._client = SoapClient(profile.endpoint, _style(profile), connections=profile.limits.in_flight)

    def call(self, request: Request, call: Call) -> Answer:
        """Ask once."""
        try:
            inner = self._document(request, call, self._auth_key)
            response = self._client.invoke(inner, call, stored=self._document(request, call, _HIDDEN))
        except CharsetError as problem:
            return Answer.rejected(Reason.NOT_CARRIED, text=str(problem), sent=False)
        except CallFailed as failure:
            return failure.answer
        return answer_of(request, response, self._profile.options)

    def decode_inbound(self, body: bytes, head: Mapping[str, str]) -> Inbound:  # noqa: ARG002 - the Protocol's
        """Nothing comes in by this dialect."""
        raise MalformedMessage("the dialect soap_xml has no messages from the hospital; it is polled")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _document(self, request: Request, call: Call, auth_key: str) -> str:
        extra = self._profile.options.extra
        device = extra.get("device_id", "HUB00001")
        head = {
            "TranCode": transaction(request),
            "TransactionID": f"{clock.local(clock.now()):%Y%m%d%H%M%S}{ids.domain_number('T', ids.uuid7())[-8:]}",
            "AuthKey": auth_key,
            "UserID": extra.get("user_id", "HUB"),
            "DeviceID": device,
            "HospitalID": extra.get("hospital_id", self._profile.hospital),
            "TraceID": call.trace_id,
        }
        return element("Request", {**head, **self._writer.fields(request)})


def answer_of(request: Request, response: Node, options: Options) -> Answer:
    """What a `Response` means: the attribute Result whether, the text why, the elements what."""
    code, result, text = transaction(request), response.attribute("Result"), response.text("Msg")
    if result is None:
        return Answer.unknown(Reason.UNREADABLE, text="the Response has no attribute Result")
    if (service := response.attribute("Service")) and service != code:
        return Answer.unknown(Reason.UNREADABLE, text=f"asked {code}, the answer is for {service}")
    if not options.succeeded(request.operation, result):
        return Answer.rejected(reason_of(result, text, options), text=text, code=result)
    try:
        _check_number(request, response)
        return Answer.accepted(read(request, response, options), text=text, code=result)
    except Incomplete as problem:
        return Answer.unknown(Reason.INCOMPLETE, text=str(problem), code=result)
    except Unreadable as problem:
        return Answer.unknown(Reason.UNREADABLE, text=str(problem), code=result)


def _check_number(request: Request, response: Node) -> None:
    """The hospital must have stored our whole number, or asking after it would find nothing (F16)."""
    if isinstance(request, Command) and response.text("RequestNo") != request.hub_number:
        raise Incomplete("RequestNo is not the number that was sent")


def _style(profile: ConnectorProfile) -> Style:
    extra = profile.options.extra
    return Style(
        namespace=extra.get("namespace", "http://tempuri.org/"),
        method=extra.get("method", "Invoke"),
        parameter=extra.get("parameter", "xml"),
        charset=codec_of(profile.options.charset),
        cdata=extra.get("cdata", "") == "1",
        xml_name=extra.get("declared_charset", ""),
    )
