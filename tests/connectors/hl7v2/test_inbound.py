"""Messages a hospital sends by itself, as facts; and what is not agreed, refused with its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from institution_connectors import contracts
from institution_connectors.adapters.hl7v2_mllp import Hl7v2MllpAdapter
from institution_connectors.contracts import MalformedMessage, VisitEventKind

SAMPLES = Path(__file__).parents[2] / "samples" / "hl7v2"
AT = datetime(2026, 1, 5, 0, 15, 31, tzinfo=UTC)


@pytest.fixture
def adapter() -> Hl7v2MllpAdapter:
    profile = contracts.ConnectorProfile(
        hospital="alpha",
        dialect="hl7v2_mllp",
        endpoint="mllp://127.0.0.1:1",
        mode=contracts.BookingMode.HUB_POOL,
        secret_ref="",
        capabilities=Hl7v2MllpAdapter.operations,
        options=contracts.Options(money_unit=contracts.MoneyUnit.YUAN),
    )
    return Hl7v2MllpAdapter(profile, b"k3y")


def inbound(adapter: Hl7v2MllpAdapter, kind: str, *lines: str, application: str = "HIS^3") -> contracts.Inbound:
    head = f"MSH|^~\\&|{application}|H07|HUB|JA|20260105081531||{kind}|H07-99812|P|2.4|||AL|NE|CHN|UNICODE UTF-8"
    return adapter.decode_inbound("\r".join([head, *lines, ""]).encode(), {})


def test_identity_of_a_message(adapter: Hl7v2MllpAdapter) -> None:
    found = inbound(adapter, "ADT^A31", "PID|1||7^^^H07^MR")
    assert (found.source, found.incarnation, found.message_id) == ("HIS/H07", "3", "H07-99812")
    assert (found.kind, found.facts) == ("ADT^A31", ())
    assert inbound(adapter, "ADT^A31", application="HIS").incarnation == "1"


@pytest.mark.parametrize(("trigger", "state", "free"), [("S12", "T", False), ("S14", "T", False), ("S15", "F", True)])
def test_numbers_sold_and_given_back(adapter: Hl7v2MllpAdapter, trigger: str, state: str, free: bool) -> None:
    found = inbound(adapter, f"SIU^{trigger}^SIU_S12", "SCH||P2601", f"ZNB|S1-07|S1|7|||{state}")
    assert found.facts == (
        contracts.NumberTaken(occurred_at=AT, schedule_code="S1", number_code="S1-07", sequence=7, free=free),
    )


def test_a_rescheduled_number_is_one_given_back_and_one_sold(adapter: Hl7v2MllpAdapter) -> None:
    found = inbound(adapter, "SIU^S13", "SCH||P2601", "ZNB|S1-07|S1|7|||F", "ZNB|S1-09|S1|9|||T")
    assert [(fact.number_code, fact.free) for fact in found.facts if isinstance(fact, contracts.NumberTaken)] == [
        ("S1-07", True),
        ("S1-09", False),
    ]


def test_a_stopped_session_whole_and_in_part(adapter: Hl7v2MllpAdapter) -> None:
    whole, part = inbound(
        adapter,
        "SIU^S23",
        "SCH",
        "ZST|S1|20260106|医生临时停诊||||20260105080000",
        "ZST|S2|20260106|提前离开|5|20260106102000|D2",
    ).facts
    assert isinstance(whole, contracts.SessionStopped)
    assert isinstance(part, contracts.SessionStopped)
    assert (whole.stop.whole, whole.stop.reason) == (True, "医生临时停诊")
    assert (part.stop.whole, part.stop.from_sequence, part.stop.substitute_doctor_code) == (False, 5, "D2")


@pytest.mark.parametrize(
    ("kind", "more", "event"),
    [
        ("ADT^A04^ADT_A01", "ZVE||301|2诊室", VisitEventKind.ARRIVED),
        ("ADT^A03", "ZVE||301|2诊室", VisitEventKind.VISIT_ENDED),
        ("ADT^Z20", "ZVE|called|301|2诊室", VisitEventKind.CALLED),
    ],
)
def test_steps_of_a_visit(adapter: Hl7v2MllpAdapter, kind: str, more: str, event: VisitEventKind) -> None:
    lines = ("EVN||20260105081500", "PID|1||7^^^H07^MR", "PV1|1|O|||B1" + "|" * 14 + "G1", more)
    (fact,) = inbound(adapter, kind, *lines).facts
    assert fact == contracts.VisitEvent(
        occurred_at=datetime(2026, 1, 5, 0, 15, tzinfo=UTC),
        kind=event,
        his_number="G1",
        registration_number="B1",
        his_patient_id="7",
        ticket="301",
        place="2诊室",
    )


def test_medicine_waits_or_is_on_its_way_and_says_where(adapter: Hl7v2MllpAdapter) -> None:
    lines = ("EVN||20260105081500", "PID|1||7^^^H07^MR", "PV1|1|O|||B1" + "|" * 14 + "G1")
    whose = {"his_number": "G1", "registration_number": "B1", "his_patient_id": "7"}
    (ready,) = inbound(adapter, "ADT^Z20", *lines, "ZVE|MEDICINE_READY||西药房|||3号窗口|D7").facts
    assert isinstance(ready, contracts.MedicineReady)
    assert (ready.window, ready.place, ready.dispensing_number) == ("3号窗口", "西药房", "D7")
    (sent,) = inbound(adapter, "ADT^Z20", *lines, "ZVE|DISPATCHED|||顺丰速运|SF1").facts
    assert isinstance(sent, contracts.MedicineDispatched)
    assert (sent.carrier, sent.tracking_number) == ("顺丰速运", "SF1")
    for fact in (ready, sent):
        assert {name: getattr(fact, name) for name in whose} == whose
    for lacking, where in (("ZVE|MEDICINE_READY||西药房", "ZVE-6"), ("ZVE|DISPATCHED|||顺丰速运", "ZVE-5")):
        with pytest.raises(MalformedMessage, match=where):
            inbound(adapter, "ADT^Z20", *lines, lacking)


def test_a_no_show(adapter: Hl7v2MllpAdapter) -> None:
    (fact,) = inbound(adapter, "SIU^S26", "SCH|B1|G1", "PID|1||7^^^H07^MR").facts
    assert isinstance(fact, contracts.VisitEvent)
    assert (fact.kind, fact.his_number, fact.registration_number) == (VisitEventKind.MISSED, "G1", "B1")


def test_merged_archives(adapter: Hl7v2MllpAdapter) -> None:
    found = inbound(adapter, "ADT^A40", "EVN||20260105081531", "PID|1||7^^^H07^MR~3101^^^CHN^NNCHN", "MRG|9^^^H07^MR")
    assert found.facts == (contracts.PatientsMerged(occurred_at=AT, kept_id="7", merged_id="9"),)


def test_results_that_exist(adapter: Hl7v2MllpAdapter) -> None:
    lines = ("PID|1||7^^^H07^MR", "OBR|1||R1|^血常规" + "|" * 21 + "F", "OBX|1|NM|WBC^白细胞||11.2")
    (fact,) = inbound(adapter, "ORU^R01", *lines).facts
    assert fact == contracts.ResultReported(
        occurred_at=AT, his_patient_id="7", report_code="R1", title="血常规", status="F"
    )


SESSION = "ZSC|S1|03|D1|20260106|AM|20260106080000|20260106113000|01^普通|14.00|2|1|O|本部|3F"
NUMBERS = (
    "ZNB|S1-01|S1|1|20260106080000|20260106083000|F",
    "ZNB|S1-02|S1|2|20260106083000|20260106090000|T",
)


def test_a_snapshot_is_complete_only_when_the_counts_agree(adapter: Hl7v2MllpAdapter) -> None:
    (whole,) = inbound(adapter, "MFN^Z05", "ZSS|S77|20260106|20260106|1|2", SESSION, *NUMBERS).facts
    assert isinstance(whole, contracts.ScheduleSnapshot)
    assert whole.complete
    assert whole.sessions_with_numbers == ("S1",)
    assert whole.schedules[0].fee_fen == 1400
    (cut,) = inbound(adapter, "MFN^Z05", "ZSS|S77|20260106|20260106|1|2", SESSION, NUMBERS[0]).facts
    assert isinstance(cut, contracts.ScheduleSnapshot)
    assert not cut.complete
    assert cut.sessions_with_numbers == ()


@pytest.mark.parametrize(
    ("kind", "lines", "reason"),
    [
        ("ORM^O01", (), "MSH-9: message type ORM^O01 is not agreed"),
        ("SIU^S12", ("ZNB|1|2|3|||T",), "SCH: the segment is required"),
        ("SIU^S12", ("SCH||1",), "ZNB: the numbers touched are required"),
        ("SIU^S12", ("SCH||1", "ZNB|1|2|x|||T"), "ZNB-3: 'x' is not a whole number"),
        ("SIU^S12", ("SCH||1", "ZNB|1|2|3|||?"), "ZNB-6: '?' is not a known code"),
        ("ADT^A40", ("PID|1||7^^^H07^MR",), "MRG: a merge needs PID and MRG"),
        ("ADT^A04", ("PID|1||7^^^H07^MR",), "PV1: the segment is required"),
        ("ADT^A04", ("PID|1||7^^^CHN^NNCHN", "PV1|1|O" + "|" * 17 + "G1"), "PID-3: a record number"),
        ("SIU^S23", ("ZST|S1|2026-01-06",), "ZST-2: '2026-01-06' is not a date"),
    ],
)
def test_refusals_name_segment_and_field(
    adapter: Hl7v2MllpAdapter, kind: str, lines: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(MalformedMessage) as caught:
        inbound(adapter, kind, *lines)
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.hl7")), ids=lambda path: path.name)
def test_no_sample_crashes_the_mapping(adapter: Hl7v2MllpAdapter, path: Path) -> None:
    try:
        found = adapter.decode_inbound(path.read_bytes(), {})
    except MalformedMessage as problem:
        reason = str(problem)
        assert ": " in reason
    else:
        assert found.message_id


def test_samples_of_merges_and_results_are_understood(adapter: Hl7v2MllpAdapter) -> None:
    merge = adapter.decode_inbound((SAMPLES / "ms-fhir-converter/ADT-A40-01.hl7").read_bytes(), {})
    assert isinstance(merge.facts[0], contracts.PatientsMerged)
    result = adapter.decode_inbound((SAMPLES / "ms-fhir-converter/LAB-ORU-1.hl7").read_bytes(), {})
    assert all(isinstance(fact, contracts.ResultReported) for fact in result.facts)
