"""SOAP 1.1 with one method: `Invoke(string xml)`; the real message is a string inside."""

from __future__ import annotations

from dataclasses import dataclass

from institution_connectors.adapters.soap_xml.document import Node, escaped, parse_bytes, parse_text
from institution_connectors.adapters.soap_xml.errors import Unreadable
from institution_connectors.charsets import encode

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XML_NAMES = {"utf-8": "UTF-8", "gb18030": "GB18030"}


@dataclass(frozen=True, slots=True)
class Style:
    """How a hospital's service is addressed; the defaults are what most generated services have."""

    namespace: str = "http://tempuri.org/"
    method: str = "Invoke"
    parameter: str = "xml"
    charset: str = "utf-8"
    cdata: bool = False
    xml_name: str = ""

    @property
    def action(self) -> str:
        """The SOAPAction header, with its quotes."""
        return f'"{self.namespace}{self.method}"'

    @property
    def declared(self) -> str:
        """The character set as written in the XML declaration and the Content-Type."""
        return self.xml_name or _XML_NAMES.get(self.charset, self.charset)


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault; `client` when the sender is to blame, so that nothing was carried out."""

    code: str
    text: str

    @property
    def client(self) -> bool:
        """Whether the fault code is `Client`."""
        return self.code.rpartition(":")[2].startswith("Client")


def wrap(inner: str, style: Style) -> bytes:
    """The bytes of a request whose parameter is `inner`."""
    shielded = "<![CDATA[" + inner.replace("]]>", "]]]]><![CDATA[>") + "]]>" if style.cdata else escaped(inner)
    text = (
        f'<?xml version="1.0" encoding="{style.declared}"?>'
        f'<soap:Envelope xmlns:soap="{_ENVELOPE}"><soap:Body>'
        f'<{style.method} xmlns="{style.namespace}"><{style.parameter}>{shielded}</{style.parameter}></{style.method}>'
        f"</soap:Body></soap:Envelope>"
    )
    return encode(text, style.charset)


def unwrap(data: bytes, *, transport: str, configured: str) -> Node | Fault:
    """The inner `Response` of an answer, escaped, in CDATA or as plain elements; or the fault."""
    envelope = parse_bytes(data, transport=transport, configured=configured)
    if envelope.name == "Response":
        return envelope
    body = envelope.child("Body") if envelope.name == "Envelope" else None
    if body is None:
        raise Unreadable(f"a SOAP envelope was expected, {envelope.name!r} came")
    if (fault := body.child("Fault")) is not None:
        return Fault(fault.text("faultcode"), fault.text("faultstring"))
    if (plain := body.find("Response")) is not None:
        return plain
    inner = _longest_text(body).strip()
    if not inner:
        raise Unreadable("the SOAP body carries no result")
    response = parse_text(inner)
    if response.name != "Response":
        raise Unreadable(f"a Response was expected inside, {response.name!r} came")
    return response


def _longest_text(node: Node) -> str:
    """The result string; its element is called `InvokeResult`, `return` or anything else."""
    return max([node.content, *map(_longest_text, node.children)], key=len)
