"""Answers as hospitals really write them, and attacks: read, or refused with a reason; never half read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from institution_connectors.adapters.soap_xml.document import MAX_DEPTH, Node, element, parse_text
from institution_connectors.adapters.soap_xml.envelope import Fault, Style, unwrap, wrap
from institution_connectors.adapters.soap_xml.errors import Incomplete, Unreadable
from institution_connectors.charsets import CharsetError, carried, decode

ENVELOPE = (
    '<?xml version="1.0" encoding="{declared}"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<InvokeResponse xmlns="http://tempuri.org/"><{tag}>{inner}</{tag}></InvokeResponse></s:Body></s:Envelope>'
)
INNER = '<Response Service="4001" Result="0"><Msg>成功</Msg><DeptName>内科</DeptName></Response>'
ESCAPED = INNER.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def answer(
    inner: str = ESCAPED, *, declared: str = "utf-8", really: str = "utf-8", tag: str = "InvokeResult", bom: bytes = b""
) -> bytes:
    return bom + ENVELOPE.format(declared=declared, inner=inner, tag=tag).encode(really)


def opened(data: bytes, *, transport: str = "", configured: str = "utf-8") -> Node:
    node = unwrap(data, transport=transport, configured=configured)
    assert isinstance(node, Node)
    return node


@pytest.mark.parametrize(
    "data",
    [
        answer(),
        answer(f"<![CDATA[{INNER}]]>"),
        answer(f'<![CDATA[<?xml version="1.0" encoding="GB2312"?>{INNER}]]>'),
        answer(INNER),
        answer(tag="return"),
        answer(bom=b"\xef\xbb\xbf"),
        INNER.encode(),
    ],
    ids=["escaped", "cdata", "inner declaration lies", "plain elements", "other tag", "byte-order mark", "no envelope"],
)
def test_the_inner_answer_however_it_is_wrapped(data: bytes) -> None:
    assert opened(data).text("DeptName") == "内科"


@pytest.mark.parametrize(
    ("declared", "really", "transport", "configured"),
    [
        ("GB2312", "gb18030", "", "utf-8"),
        ("GBK", "gb18030", "gbk", "utf-8"),
        ("GB2312", "utf-8", "utf-8", "gb18030"),
        ("GB2312", "utf-8", "", "gb18030"),
        ("UTF-8", "gb18030", "", "gb18030"),
        ("UTF-8", "gb18030", "utf-8", "gb18030"),
        ("utf-8", "utf-8", "", "gb18030"),
    ],
)
def test_declarations_that_lie(declared: str, really: str, transport: str, configured: str) -> None:
    data = answer(declared=declared, really=really)
    assert opened(data, transport=transport, configured=configured).text("DeptName") == "内科"


def test_bytes_that_fit_nothing_are_refused_not_replaced() -> None:
    with pytest.raises(Unreadable, match="do not fit the declared character set"):
        opened(answer(really="gb18030"))
    with pytest.raises(Unreadable, match="U\\+FFFD"):
        opened(answer(ESCAPED.replace("内", "\ufffd")))
    with pytest.raises(Unreadable, match="'KLINGON' is not supported"):
        opened(answer(declared="KLINGON"))


def test_empty_differs_from_missing() -> None:
    node = parse_text("<Response><ReceiptNo/></Response>")
    assert node.value("ReceiptNo") == ""
    assert node.value("SeqNumber") is None
    with pytest.raises(Incomplete, match="ReceiptNo is empty"):
        node.require("ReceiptNo")
    with pytest.raises(Incomplete, match="SeqNumber is missing"):
        node.require("SeqNumber")


@pytest.mark.parametrize(
    ("xml", "rows"),
    [
        ("<Items><Item><A>1</A></Item><Item><A>2</A></Item></Items>", ["1", "2"]),
        ("<Items><Item><A>1</A></Item></Items>", ["1"]),
        ("<Item><A>1</A></Item>", ["1"]),
        ("<Items><A>1</A></Items><Items><A>2</A></Items>", ["1", "2"]),
        ("<Items/>", []),
        ("", []),
    ],
)
def test_rows_however_they_are_wrapped(xml: str, rows: list[str]) -> None:
    assert [row.text("A") for row in parse_text(f"<Response>{xml}</Response>").items()] == rows


def test_faults_are_told_apart() -> None:
    fault = "<s:Fault><faultcode>{code}</faultcode><faultstring>no</faultstring></s:Fault>"
    body = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{fault}</s:Body></s:Envelope>'
    for code, client in (("s:Client", True), ("Client.Authentication", True), ("s:Server", False)):
        found = unwrap(body.format(fault=fault.format(code=code)).encode(), transport="", configured="utf-8")
        assert isinstance(found, Fault)
        assert found.client is client


ATTACKS = {
    "entities": '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><Response>&b;</Response>',
    "external entity": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><Response>&x;</Response>',
    "external DTD": '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd"><Response/>',
    "deep nesting": "<Response>" + "<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1) + "</Response>",
    "not closed": "<Response><Msg>",
    "empty": "",
    "two roots": "<Response/><Response/>",
    "control character": "<Response>\x01</Response>",
}


@pytest.mark.control("CES1-20/32")
@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_attacks_are_refused_outside_and_inside(attack: str) -> None:
    xml = ATTACKS[attack]
    with pytest.raises(Unreadable):
        parse_text(xml)
    inner = xml.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    with pytest.raises(Unreadable):
        opened(answer(inner))


@pytest.mark.control("CES1-20/32")
@given(st.binary(max_size=400))
def test_any_bytes_are_an_answer_or_refused(data: bytes) -> None:
    for charset in ("utf-8", "gb18030"):
        try:
            unwrap(data, transport="", configured=charset)
        except Unreadable as problem:
            reason = str(problem)
            assert reason


_XML_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=40)


@given(_XML_TEXT, st.booleans(), st.sampled_from(["utf-8", "gb18030"]))
def test_what_is_wrapped_comes_out_again(text: str, cdata: bool, charset: str) -> None:
    inner = element("Response", {"Msg": text})
    data = wrap(inner, Style(cdata=cdata, charset=charset))
    assert opened(data, transport=charset).text("Msg") == decode(text.encode(), configured="utf-8").text.strip()


def test_what_xml_or_the_charset_or_the_field_cannot_hold_is_named() -> None:
    with pytest.raises(CharsetError, match="U\\+0001"):
        element("Msg", "a\x01b")
    with pytest.raises(CharsetError, match="name is longer than 4 bytes"):
        carried("name", "欧阳明", "gb18030", {"name": 4})
    assert carried("name", "欧阳", "gb18030", {"name": 4}) == "欧阳"


def test_no_sample_of_another_kind_is_taken_for_an_answer() -> None:
    foreign = Path(__file__).parents[2] / "samples" / "hl7v2" / "nextgen-connect" / "hl7v2-xml_valid.xml"
    with pytest.raises(Unreadable, match="a SOAP envelope was expected, 'HL7Message' came"):
        opened(foreign.read_bytes())
