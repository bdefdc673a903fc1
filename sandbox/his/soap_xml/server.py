"""The SOAP side of the XML dialect: one method with a string of XML, answered with a string of XML, and its faults."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from aiohttp import web
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sandbox.app import HttpSite, Site
from sandbox.his.hospital import Delivery, Hospital
from sandbox.his.refusals import refuse
from sandbox.his.soap_xml.transactions import Transaction, find
from sandbox.his.soap_xml.wsdl import NAMESPACE, description

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_GARBAGE = b"<html><body>\xb4\xed\xce\xf3 500 </bod"


def sites(hospital: Hospital) -> list[Site]:
    """The one port of a hospital."""
    return [HttpSite(f"his-{hospital.code}", _Server(hospital).application, hospital.host, hospital.port)]


class _Server:
    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        options = hospital.options
        self._charset = str(options.get("charset", "utf-8"))
        self._labelled = str(options.get("declared_charset", "")) or self._charset
        self._success = str(options.get("success_code", "0"))
        self._failure = str(options.get("failure_code", "-1"))
        self._cdata = bool(options.get("cdata", False))
        self._key = hospital.secret.decode("ascii")

    def application(self) -> web.Application:
        application = web.Application(client_max_size=1 << 20)
        application.add_routes(
            [web.get("/services/HisService", self.describe), web.post("/services/HisService", self.serve)]
        )
        return application

    async def describe(self, request: web.Request) -> web.Response:
        return web.Response(text=description(str(request.url.origin()) + request.path), content_type="text/xml")

    async def serve(self, request: web.Request) -> web.StreamResponse:
        try:
            given = _request(await request.read(), self._charset)
        except (ParseError, DefusedXmlException, UnicodeDecodeError, ValueError) as problem:
            return self._fault(f"请求无法解析：{problem}")
        code = given.get("TranCode", "")
        transaction = find(code, given)
        delivery = await self._handle(transaction, given)
        if delivery.hang:
            await asyncio.sleep(3600)
        if delivery.cut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if delivery.garbage:
            return web.Response(body=_GARBAGE, content_type="text/html")
        return self._response(self._document(delivery, transaction, given), "gb18030" if delivery.charset_lies else "")

    async def _handle(self, transaction: Transaction | None, given: Mapping[str, str]) -> Delivery:
        if not hmac.compare_digest(given.get("AuthKey", "").encode(), self._key.encode()):
            return Delivery(refusal=refuse("not_authorised"))
        if transaction is None:
            return Delivery(refusal=refuse("not_supported"))
        if not given.get("TransactionID"):
            return Delivery(refusal=refuse("refused", "缺少TransactionID"))
        try:
            arguments = transaction.take(given)
        except (KeyError, ValueError, ArithmeticError) as problem:
            return Delivery(refusal=refuse("refused", f"参数错误：{problem}"))
        return await self._hospital.handle(transaction.operation, arguments)

    def _document(self, delivery: Delivery, transaction: Transaction | None, given: Mapping[str, str]) -> str:
        code = given.get("TranCode", "")
        if delivery.refusal is not None or transaction is None:
            refusal = delivery.refusal or refuse("not_supported")
            return _response(code, self._failure, {"Msg": refusal.text})
        if delivery.empty:
            return _response(code, self._success, {"Msg": "成功"})
        echo = {}
        if number := given.get("RequestNo"):
            kept = self._hospital.board.switches["truncate_numbers"].value
            echo = {"RequestNo": number[: int(float(kept))] if kept else number}
        return _response(code, self._success, {"Msg": "成功", **echo, **transaction.bring(delivery.data)})

    def _response(self, inner: str, really: str) -> web.Response:
        shielded = f"<![CDATA[{inner}]]>" if self._cdata else escape(inner)
        text = (
            f'<?xml version="1.0" encoding="{self._labelled}"?><soap:Envelope xmlns:soap="{_ENVELOPE}"><soap:Body>'
            f'<InvokeResponse xmlns="{NAMESPACE}"><InvokeResult>{shielded}</InvokeResult></InvokeResponse>'
            f"</soap:Body></soap:Envelope>"
        )
        label = self._hospital.options.get("content_type_charset", self._labelled)
        headers = {"Content-Type": f"text/xml; charset={label}" if label else "text/xml"}
        return web.Response(body=text.encode(really or self._charset), headers=headers)

    def _fault(self, text: str) -> web.Response:
        body = (
            f'<soap:Envelope xmlns:soap="{_ENVELOPE}"><soap:Body><soap:Fault><faultcode>soap:Client</faultcode>'
            f"<faultstring>{escape(text)}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
        )
        return web.Response(status=500, body=body.encode(), headers={"Content-Type": "text/xml; charset=utf-8"})


def _request(body: bytes, charset: str) -> dict[str, str]:
    """The elements of the inner `Request`, whatever the envelope's encoding says of itself."""
    envelope = _tree(body.decode(charset))
    inner = max((element.text or "" for element in envelope.iter()), key=len).strip()
    root = _tree(inner)
    if root.tag != "Request":
        raise ValueError(f"<Request> expected, <{root.tag}> came")
    return {child.tag: (child.text or "").strip() for child in root}


def _tree(text: str) -> Element:
    if text.startswith("<?xml"):
        text = text[text.index("?>") + 2 :]
    root: Element = fromstring(text, forbid_dtd=True)
    return root


def _response(code: str, result: str, elements: Mapping[str, Any]) -> str:
    inner = "".join(_element(name, value) for name, value in elements.items())
    return f'<Response Service="{escape(code)}" Result="{escape(result)}">{inner}</Response>'


def _element(name: str, value: Any) -> str:
    """A list of one row comes without its `Items`, as many real services send it."""
    if isinstance(value, list):
        rows = "".join(f"<Item>{''.join(_element(key, cell) for key, cell in row.items())}</Item>" for row in value)
        return rows if len(value) == 1 else f"<Items>{rows}</Items>"
    return f"<{name}>{escape(str(value))}</{name}>" if value not in (None, "") else f"<{name}/>"
