"""The documents for HIS makers are true: every example in them is read by the hub as the document says.

A counterpart that answers with the very words of the document therefore passes.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from hub.clock import ZONE
from institution_connectors import contracts
from institution_connectors.adapters.hl7v2_mllp import Hl7v2MllpAdapter
from institution_connectors.adapters.hl7v2_mllp.adapter import answer_of
from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused
from institution_connectors.adapters.hl7v2_mllp.mapping.requests import QUERIES
from institution_connectors.adapters.hl7v2_mllp.parser import parse
from institution_connectors.adapters.soap_xml.adapter import answer_of as soap_answer_of
from institution_connectors.adapters.soap_xml.document import parse_text
from institution_connectors.adapters.soap_xml.mapping import TRANSACTIONS
from institution_connectors.contracts import Operation, Outcome, Reason
from tests.connectors.soap_xml.test_adapter import Service, ask, running

DOCUMENTS = Path(__file__).parents[2] / "docs" / "interfaces"
YUAN = contracts.Options(money_unit=contracts.MoneyUnit.YUAN)
DAY = date(2026, 11, 23)
STARTS = datetime(2026, 11, 23, 8, 0, tzinfo=ZONE)
PATIENT = contracts.Patient(
    name="张三",
    document_type="01",
    document_number="310106199001011236",
    sex=contracts.Sex.MALE,
    birth_date=date(1990, 1, 1),
    his_id="1000001",
)
PAYMENT = contracts.Payment(
    order_number="018f2c7e5d7a7bb08c1e6a2f4b3c9d10",
    amount_fen=1400,
    channel="wechat",
    channel_number="4200002611210001",
    paid_at=STARTS,
)
SESSION = "20261123AM030101"
ODD_VALUES = (
    "",
    '""',
    "00010101000000",
    "99991231235959",
    "20261332",
    "20261123250000",
    "-1",
    "1.005",
    "1e9",
    "1e999999999",
    "NaN",
    "Infinity",
    "９",
    "²",
    "Y^Z&1~2",
    "9" * 400,
    "9" * 5000,
    "\\X80\\",
    "欧阳",
)


def requests(number: str) -> dict[str, contracts.Request]:
    """What each example answers, by the words its heading begins with in one document or the other."""
    lock = contracts.LockNumber(hub_number=number, schedule_code=SESSION, number_code=f"{SESSION}-01", patient=PATIENT)
    book = contracts.Register(
        hub_number=number,
        schedule_code=SESSION,
        number_code=f"{SESSION}-01",
        sequence=1,
        starts=STARTS,
        patient=PATIENT,
        fee_fen=1400,
    )
    outcome = contracts.CheckOutcome(hub_number="B2611210000000000000000006", asked=Operation.REGISTER)
    cancel = contracts.CancelRegistration(hub_number=number, registration_number="B2611210000000000000000006")
    unlock = contracts.UnlockNumber(hub_number=number, lock_number="B2611210000000000000000004")
    registration = ("B2611210000000000000000003", "G261123000001")
    pay = contracts.PayRegistration(
        hub_number=number, registration_number=registration[0], his_number=registration[1], payment=PAYMENT
    )
    check_in = contracts.CheckIn(hub_number=number, registration_number=registration[0], his_number=registration[1])
    step = contracts.TellVisit(
        hub_number=number,
        registration_number=registration[0],
        his_number=registration[1],
        kind=contracts.VisitEventKind.CALLED,
        occurred_at=STARTS,
        ticket="007",
        place="3诊室",
    )
    queue = contracts.WaitingQueue(registration_number=registration[0], his_number=registration[1])
    find = contracts.FindPatient(document_type="01", document_number=PATIENT.document_number)
    create = contracts.CreatePatient(hub_number=number, patient=PATIENT)
    update = contracts.UpdatePatient(hub_number=number, patient=PATIENT)
    schedules = contracts.ListSchedules(first_day=DAY, last_day=DAY)
    stopped = contracts.ListStopped(first_day=DAY, last_day=DAY)
    quote = contracts.QuoteFee(schedule_code=SESSION, patient=PATIENT)
    registrations = contracts.ListRegistrations(first_day=DAY, last_day=DAY)
    labs = contracts.ListLabReports(his_patient_id="1000001", first_day=DAY, last_day=DAY)
    lab = contracts.LabReport(his_patient_id="1000001", report_code="R00000001")
    exams = contracts.ListExamReports(his_patient_id="1000001", first_day=DAY, last_day=DAY)
    exam = contracts.ExamReport(his_patient_id="1000001", report_code="E00000001")
    numbers = contracts.ListNumbers(schedule_code=SESSION)
    paid = replace(book, payment=PAYMENT)
    return {
        "1001": contracts.Ping(),
        "2001": find,
        "2002": create,
        "2003": update,
        "4001": contracts.ListDepartments(),
        "6003": contracts.ListDoctors(department_code="0301"),
        "4002": contracts.ListNumberClasses(),
        "4003": schedules,
        "4004": numbers,
        "4005": quote,
        "4006 book": book,
        "4006": lock,
        "4007 pay": pay,
        "4007": paid,
        "4008": check_in,
        "4013": step,
        "4009 cancel": cancel,
        "4009": unlock,
        "4010 registrations": registrations,
        "4010": outcome,
        "4011": stopped,
        "3001": contracts.ListPendingBills(his_patient_id="1000001"),
        "3002": contracts.BillDetail(his_patient_id="1000001", bill_codes=("B00000001",)),
        "3007": contracts.SettleBills(
            hub_number=number, his_patient_id="1000001", bill_codes=("B00000001",), payment=PAYMENT
        ),
        "5001": queue,
        "4012": contracts.ListVisitEvents(since=STARTS),
        "3003": contracts.ListPaidBills(his_patient_id="1000001", first_day=DAY, last_day=DAY),
        "3004": contracts.PaidBillDetail(his_patient_id="1000001", settlement_number="J00000031"),
        "3011": contracts.InpatientStay(his_patient_id="1000001"),
        "5002": contracts.PharmacyQueue(his_patient_id="1000001"),
        "7001": exams,
        "7002": exam,
        "7003": labs,
        "7004": lab,
        "Z01": contracts.Ping(),
        "Z02": contracts.ListDepartments(),
        "Z03": contracts.ListDoctors(department_code="0301"),
        "Z04": contracts.ListNumberClasses(),
        "Z05": schedules,
        "Z06": numbers,
        "Z07": stopped,
        "Z08": quote,
        "Z09": outcome,
        "Z10": registrations,
        "Z11": queue,
        "Z12": labs,
        "Z13": lab,
        "Z14": exams,
        "Z15": exam,
        "Q22": find,
        "A28": create,
        "A31": update,
        "A10": check_in,
        "Z20": step,
        "P03": pay,
        "S01 LOCK": lock,
        "S01 BOOK, paid": paid,
        "S01 BOOK": book,
        "S04 UNLOCK": unlock,
        "S04 CANCEL": cancel,
    }


def examples(name: str, language: str, heading: str) -> list[tuple[str, str, str]]:
    """(title, request, answer) of each example under a heading."""
    text = (DOCUMENTS / name).read_text(encoding="utf-8").split(f"\n## {heading}")[1].split("\n## ")[0]
    found = re.findall(rf"\n([^\n]+)\n\n```{language}\n(.*?)\n\n(.*?)\n```", text, re.S)
    assert len(found) > 20
    return found


SOAP = examples("soap_xml.md", "xml", "6 Examples")
HL7 = examples("hl7v2_mllp.md", "hl7", "10 Examples")


def request_for(title: str, number: str) -> contracts.Request:
    known = requests(number)
    return known[max((words for words in known if title.startswith(words)), key=len)]


@pytest.mark.requirement("JA-PAY-30")
@pytest.mark.parametrize(("title", "asked", "answered"), SOAP, ids=[title for title, _, _ in SOAP])
def test_soap_examples(title: str, asked: str, answered: str) -> None:
    given = parse_text(asked)
    service = Service()
    with running(service):
        service.body = answered.encode()
        answer = ask(service, request_for(title, given.text("RequestNo") or "B000000"))
    assert f"<TranCode>{given.text('TranCode')}</TranCode>" in service.asked[0]
    assert {child.name for child in given.children} >= {"TranCode"}
    expected = (Outcome.REJECTED, Reason.ALREADY_BOOKED) if "refused" in title else (Outcome.ACCEPTED, Reason.NONE)
    assert (answer.outcome, answer.reason) == expected, answer.text


@pytest.mark.requirement("JA-PAY-30")
@pytest.mark.parametrize(("title", "asked", "answered"), HL7, ids=[title for title, _, _ in HL7])
def test_hl7_examples(title: str, asked: str, answered: str) -> None:
    sent = parse(asked.replace("…", "").encode())
    received = parse(answered.replace("\n…", "").encode())
    assert received.require("MSA").component(2) == sent.control_id
    marker = sent.first("ZHB")
    answer = answer_of(request_for(title, marker.component(1) if marker else "B000000"), received, YUAN)
    expected = (Outcome.REJECTED, Reason.ALREADY_BOOKED) if "refused" in title else (Outcome.ACCEPTED, Reason.NONE)
    assert (answer.outcome, answer.reason) == expected, answer.text


# -- and when a HIS writes something else, the adapter says so; it never falls over


@pytest.mark.parametrize(("title", "asked", "answered"), HL7, ids=[title for title, _, _ in HL7])
def test_a_damaged_hl7_answer_is_an_answer_all_the_same(title: str, asked: str, answered: str) -> None:
    sent = parse(asked.replace("…", "").encode()).first("ZHB")
    request = request_for(title, sent.component(1) if sent else "B000000")
    lines = [line.split("|") for line in answered.replace("\n…", "").split("\n")]
    for number, place in ((number, place) for number, line in enumerate(lines) for place in range(len(line))):
        for odd in ODD_VALUES:
            damaged = [list(line) for line in lines]
            damaged[number][place] = odd
            with contextlib.suppress(MessageRefused):
                received = parse("\r".join("|".join(line) for line in damaged).encode())
                assert answer_of(request, received, YUAN).outcome in Outcome


@pytest.mark.parametrize(("title", "asked", "answered"), SOAP, ids=[title for title, _, _ in SOAP])
def test_a_damaged_soap_answer_is_an_answer_all_the_same(title: str, asked: str, answered: str) -> None:
    request = request_for(title, parse_text(asked).text("RequestNo") or "B000000")
    for spot in re.finditer(r">([^<>\n]+)<", answered):
        for odd in ODD_VALUES:
            damaged = answered[: spot.start(1)] + escape(odd) + answered[spot.end(1) :]
            assert soap_answer_of(request, parse_text(damaged), YUAN).outcome in Outcome


def test_every_transaction_and_query_is_described() -> None:
    soap = (DOCUMENTS / "soap_xml.md").read_text(encoding="utf-8")
    assert [code for code in TRANSACTIONS.values() if f"| {code}" not in soap] == []
    hl7 = (DOCUMENTS / "hl7v2_mllp.md").read_text(encoding="utf-8")
    assert [query for query in QUERIES.values() if f"QBP^Z{query.number:02d}" not in hl7] == []


@pytest.mark.requirement("BQ-IF-09")
def test_hl7_messages_of_the_hospital_are_understood_as_described() -> None:
    profile = contracts.ConnectorProfile(
        hospital="alpha",
        dialect="hl7v2_mllp",
        endpoint="mllp://127.0.0.1:1",
        mode=contracts.BookingMode.HUB_POOL,
        secret_ref="",
        capabilities=Hl7v2MllpAdapter.operations,
        options=YUAN,
    )
    adapter = Hl7v2MllpAdapter(profile, b"")
    section = (DOCUMENTS / "hl7v2_mllp.md").read_text(encoding="utf-8").split("## 7 What")[1].split("\n## 8")[0]
    messages = re.findall(r"MSH\|\^~\\&\|HIS\^1.*?(?=\n\n|\n```)", section, re.S)
    kinds = {}
    for text in messages:
        found = adapter.decode_inbound(text.encode(), {})
        assert found.facts
        assert found.facts[0].occurred_at.tzinfo is UTC
        kinds[found.kind] = found
    assert set(kinds) == {"SIU^S12", "SIU^S23", "MFN^Z05", "ADT^Z20", "ADT^A40", "ORU^R01"}
    snapshot = kinds["MFN^Z05"].facts[0]
    assert isinstance(snapshot, contracts.ScheduleSnapshot)
    assert snapshot.complete
