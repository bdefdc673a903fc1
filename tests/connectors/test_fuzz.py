"""Whatever a hospital sends, the three parsers answer or refuse; none falls over (found so: data that is no object)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from institution_connectors.adapters.hl7v2_mllp import Hl7v2MllpAdapter
from institution_connectors.adapters.rest_json import RestJsonAdapter
from institution_connectors.adapters.rest_json.client import Envelope
from institution_connectors.adapters.rest_json.errors import Unreadable as NoTime
from institution_connectors.adapters.rest_json.mapping import ROUTES, Row, Words
from institution_connectors.adapters.soap_xml.adapter import answer_of as soap_answer_of
from institution_connectors.adapters.soap_xml.document import parse_text
from institution_connectors.adapters.soap_xml.errors import Unreadable
from institution_connectors.contracts import MalformedMessage, Operation, Outcome
from tests.connectors.dialects import CASES
from tests.connectors.test_documents import DOCUMENTS, ODD_VALUES, SOAP, YUAN, request_for
from tests.connectors.test_interface_document import KEY, PROFILE, REQUESTS, examples, pushes

brief = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([*ODD_VALUES, "0001-01-01 00:00:00", "9999-12-31 23:59:59", "0001-01-01", "9999-12-31"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
_ANSWERS, _PUSHES = examples("answer"), list(pushes())
_HL7 = (DOCUMENTS / "hl7v2_mllp.md").read_text(encoding="utf-8").split("## 7 What")[1].split("\n## 8")[0]
_MESSAGES = re.findall(r"MSH\|\^~\\&\|HIS\^1.*?(?=\n\n|\n```)", _HL7, re.S)
_MLLP = next(case.profile for case in CASES if case.dialect == "hl7v2_mllp")


def _places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _places(item, (*here, key))


def _damaged(document: Any, data: st.DataObject) -> Any:
    place, odd = data.draw(st.sampled_from(list(_places(document)))), data.draw(ODD)
    if not place:
        return odd
    copy = json.loads(json.dumps(document))
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = odd
    return copy


def _cut(text: str, data: st.DataObject, odd: st.SearchStrategy[str]) -> str:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    return text[:start] + data.draw(odd) + text[end:]


@brief
@given(st.data())
def test_json_answers(data: st.DataObject) -> None:
    request = data.draw(st.sampled_from(REQUESTS))
    damaged = _damaged(_ANSWERS[ROUTES[request.operation].path]["data"], data)
    adapter = RestJsonAdapter(PROFILE, KEY)
    answer = adapter._answer(request, Envelope("0", "", damaged), Words(PROFILE, request.operation))
    assert answer.outcome in Outcome


@brief
@given(st.data())
def test_json_messages(data: st.DataObject) -> None:
    _, message = data.draw(st.sampled_from(_PUSHES))
    body = json.dumps(_damaged(message, data)).encode("utf-8", "surrogatepass")
    with suppress(MalformedMessage):
        RestJsonAdapter(PROFILE, KEY).decode_inbound(body, {"content-type": "application/json"})


@brief
@given(st.data())
def test_hl7_messages(data: st.DataObject) -> None:
    odd = st.one_of(st.text(max_size=8), st.sampled_from(["|", "^", "~", "\\", "&", "\r", *ODD_VALUES]))
    text = _cut(data.draw(st.sampled_from(_MESSAGES)).replace("\n", "\r"), data, odd)
    with suppress(MalformedMessage):
        Hl7v2MllpAdapter(_MLLP, b"k").decode_inbound(text.encode("utf-8", "surrogatepass"), {})


@brief
@given(st.data())
def test_xml_answers(data: st.DataObject) -> None:
    _, asked, answered = data.draw(st.sampled_from(SOAP))
    request = request_for(asked.split("<TranCode>")[1][:4], parse_text(asked).text("RequestNo") or "B000000")
    odd = st.one_of(st.text(max_size=8), st.sampled_from(["<", "</Item>", "&", "<![CDATA[", "]]>", *ODD_VALUES]))
    with suppress(Unreadable):
        assert soap_answer_of(request, parse_text(_cut(answered, data, odd)), YUAN).outcome in Outcome


@pytest.mark.parametrize("written", ["0001-01-01 00:00:00", "1899-12-31 23:59:59"])
def test_a_time_of_a_clock_never_set_is_refused_by_its_name(written: str) -> None:
    row = Row({"time": written}, Words(PROFILE, Operation.PING))
    with pytest.raises(NoTime, match=r"data\.time lies before 1900"):
        row.time("time")
