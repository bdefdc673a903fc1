"""What the adapter makes of answers, on a real HTTP connection to a service that answers as told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape, unescape

import pytest

from hub.clock import ZONE
from institution_connectors import contracts
from institution_connectors.adapters.soap_xml import SoapXmlAdapter
from institution_connectors.contracts import Answer, ErrorPattern, Operation, Outcome, Reason

PATIENT = contracts.Patient(
    name="欧阳明",
    document_type="01",
    document_number="310106199001011236",
    sex=contracts.Sex.MALE,
    birth_date=date(1990, 1, 1),
    his_id="1003243",
)
STARTS = datetime(2026, 1, 6, 8, 30, tzinfo=ZONE)
NUMBER = "B0123456789"
REGISTER = contracts.Register(
    hub_number=NUMBER,
    schedule_code="S1",
    number_code="S1-07",
    sequence=7,
    starts=STARTS,
    patient=PATIENT,
    fee_fen=2550,
    lock_code="L1",
    payment=contracts.Payment(
        order_number="P1", amount_fen=2550, channel="wechat", channel_number="42", paid_at=STARTS
    ),
)


@dataclass
class Service:
    """Answers every request with `status` and `body`; keeps what it was asked."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/xml; charset=utf-8"
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def says(self, elements: str, *, code: str, result: str | None = "0") -> None:
        """Answer with these elements."""
        attribute = f' Result="{result}"' if result is not None else ""
        inner = f'<Response Service="{code}"{attribute}>{elements}</Response>'
        self.body = (
            '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
            f"<InvokeResponse><InvokeResult>{escape(inner)}</InvokeResult></InvokeResponse></soap:Body></soap:Envelope>"
        ).encode()


@contextmanager
def running(service: Service) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = self.rfile.read(int(self.headers["Content-Length"])).decode("gb18030" if gb(self) else "utf-8")
            service.asked.append(unescape(given))
            self.send_response(service.status)
            self.send_header("Content-Type", service.content_type)
            self.send_header("Content-Length", str(len(service.body)))
            self.end_headers()
            self.wfile.write(service.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            return

    def gb(handler: BaseHTTPRequestHandler) -> bool:
        return "GB" in handler.headers["Content-Type"].upper()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(2)


@pytest.fixture
def service() -> Iterator[Service]:
    told = Service()
    with running(told):
        yield told


def profile(service: Service, **options: object) -> contracts.ConnectorProfile:
    given = {"money_unit": contracts.MoneyUnit.YUAN, **options}
    return contracts.ConnectorProfile(
        hospital="alpha",
        dialect="soap_xml",
        endpoint=f"http://127.0.0.1:{service.port}/",
        mode=contracts.BookingMode.HIS_LOCKED,
        secret_ref="",
        capabilities=SoapXmlAdapter.operations,
        options=contracts.Options(**given),  # type: ignore[arg-type]
    )


def ask(
    service: Service, request: contracts.Request, wires: list[contracts.Wire] | None = None, **options: object
) -> Answer:
    adapter = SoapXmlAdapter(profile(service, **options), b"TESTKEY000000001")
    seen = wires if wires is not None else []
    timeouts = contracts.Timeouts(connect=1, read=1)
    try:
        return adapter.call(request, contracts.Call(trace_id="t-1", timeouts=timeouts, record=seen.append))
    finally:
        adapter.close()


def test_a_paid_registration_in_the_words_of_the_dialect(service: Service) -> None:
    service.says(
        f"<Msg>ok</Msg><RequestNo>{NUMBER}</RequestNo><NullahNumber>G1</NullahNumber><SickNo>7</SickNo>"
        "<ReceiptNo>R1</ReceiptNo><AdmitAddress>3F-12</AdmitAddress>",
        code="4007",
    )
    wires: list[contracts.Wire] = []
    answer = ask(service, REGISTER, wires)
    assert answer.expect(contracts.Registered) == contracts.Registered(
        his_number="G1", his_patient_id="1003243", sequence=7, place="3F-12", receipt_number="R1"
    )
    (sent,) = service.asked
    for element in (
        "<TranCode>4007</TranCode>",
        "<AuthKey>TESTKEY000000001</AuthKey>",
        "<HospitalID>alpha</HospitalID>",
        f"<RequestNo>{NUMBER}</RequestNo>",
        "<SeqNumber>L1</SeqNumber>",
        "<Cost>25.50</Cost>",
        "<Charges>25.50</Charges>",
        "<OrderNo>P1</OrderNo>",
        "<PayTime>20260106083000</PayTime>",
    ):
        assert element in sent
    assert [wire.direction for wire in wires] == [contracts.Direction.SENT, contracts.Direction.RECEIVED]
    assert b"TESTKEY" not in b"".join(wire.body for wire in wires), "the key must not reach the message store"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (replace(REGISTER, payment=None), "4006"),
        (REGISTER, "4007"),
        (contracts.CheckOutcome(hub_number=NUMBER, asked=Operation.REGISTER), "4010"),
        (contracts.CheckOutcome(hub_number=NUMBER, asked=Operation.SETTLE_BILLS), "3003"),
        (contracts.CancelRegistration(hub_number=NUMBER, registration_number="B999999"), "4009"),
    ],
)
def test_the_transaction_follows_from_what_is_asked(service: Service, request_: contracts.Request, code: str) -> None:
    service.says("<Msg>系统繁忙</Msg>", code=code, result="-1")
    assert ask(service, request_).reason is Reason.BUSY
    assert f"<TranCode>{code}</TranCode>" in service.asked[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("该时段号源已约满", Reason.NO_SOURCE),
        ("该患者当日已预约本科室该医生，请勿重复预约", Reason.ALREADY_BOOKED),
        ("未找到患者档案信息", Reason.PATIENT_NOT_FOUND),
        ("挂号金额与系统计算不一致", Reason.PRICE_CHANGED),
        ("该医生已停诊", Reason.CLOSED),
        ("锁号已超时失效", Reason.LOCK_EXPIRED),
        ("未查询到相关记录", Reason.NOT_FOUND),
        ("已超过退号时间，不允许退号", Reason.TOO_LATE),
        ("超过预约次数限制", Reason.LIMIT_REACHED),
        ("流水号重复且内容不一致", Reason.NUMBER_REUSED),
        ("系统繁忙，请稍后重试", Reason.BUSY),
        ("接口认证失败", Reason.NOT_AUTHORISED),
        ("不支持的交易", Reason.NOT_SUPPORTED),
        ("ORA-00001", Reason.REFUSED),
        ("", Reason.REFUSED),
    ],
)
def test_error_text_only_becomes_a_reason(service: Service, text: str, reason: Reason) -> None:
    service.says(f"<Msg>{text}</Msg>", code="4007", result="-1")
    answer = ask(service, REGISTER)
    assert (answer.outcome, answer.reason, answer.text) == (Outcome.REJECTED, reason, text)


def test_a_hospitals_own_patterns_and_codes_come_first(service: Service) -> None:
    own = (ErrorPattern(pattern="^ORA-00001", reason=Reason.ALREADY_BOOKED),)
    service.says("<Msg>ORA-00001</Msg>", code="4007", result="-1")
    assert ask(service, REGISTER, error_patterns=own).reason is Reason.ALREADY_BOOKED
    service.says("<Msg>停诊</Msg>", code="4007", result="17")
    assert ask(service, REGISTER, reason_codes={"17": Reason.LIMIT_REACHED}).reason is Reason.LIMIT_REACHED


def test_success_is_what_the_profile_says_for_the_operation(service: Service) -> None:
    service.says("<NowTime>20260106083000</NowTime>", code="1001", result="1")
    assert ask(service, contracts.Ping()).outcome is Outcome.REJECTED
    accepted = ask(service, contracts.Ping(), success_codes_of={Operation.PING: frozenset({"1"})})
    assert accepted.expect(contracts.Pong).his_time == STARTS


@pytest.mark.parametrize(
    ("elements", "code", "result", "reason"),
    [
        ("", "4007", "0", Reason.INCOMPLETE),
        (f"<RequestNo>{NUMBER}</RequestNo>", "4007", "0", Reason.INCOMPLETE),
        (
            f"<RequestNo>{NUMBER}</RequestNo><NullahNumber>G1</NullahNumber><SickNo>7</SickNo><ReceiptNo/>",
            "4007",
            "0",
            Reason.INCOMPLETE,
        ),
        (
            "<RequestNo>B01234</RequestNo><NullahNumber>G1</NullahNumber><SickNo>7</SickNo><ReceiptNo>R</ReceiptNo>",
            "4007",
            "0",
            Reason.INCOMPLETE,
        ),
        (
            f"<RequestNo>{NUMBER}</RequestNo><NullahNumber>G1</NullahNumber><SickNo>七</SickNo><ReceiptNo>R</ReceiptNo>",
            "4007",
            "0",
            Reason.UNREADABLE,
        ),
        ("<Msg>ok</Msg>", "4009", "0", Reason.UNREADABLE),
        ("<Msg>ok</Msg>", "4007", None, Reason.UNREADABLE),
    ],
    ids=["empty", "number only", "no receipt", "number cut short", "no number", "other service", "no result"],
)
def test_a_success_that_does_not_say_enough_is_unknown(
    service: Service, elements: str, code: str, result: str | None, reason: Reason
) -> None:
    service.says(elements, code=code, result=result)
    answer = ask(service, REGISTER)
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("status", "body", "outcome", "reason"),
    [
        (401, b"", Outcome.REJECTED, Reason.NOT_AUTHORISED),
        (503, b"<html/>", Outcome.REJECTED, Reason.BUSY),
        (200, b"", Outcome.UNKNOWN, Reason.UNREADABLE),
        (502, b"<html>bad gateway</html>", Outcome.UNKNOWN, Reason.UNREADABLE),
        (
            500,
            b'<E:Envelope xmlns:E="x"><E:Body><E:Fault><faultcode>E:Client</faultcode></E:Fault></E:Body></E:Envelope>',
            Outcome.REJECTED,
            Reason.REFUSED,
        ),
        (
            500,
            b'<E:Envelope xmlns:E="x"><E:Body><E:Fault><faultcode>E:Server</faultcode></E:Fault></E:Body></E:Envelope>',
            Outcome.UNKNOWN,
            Reason.UNREADABLE,
        ),
    ],
)
def test_http_and_faults(service: Service, status: int, body: bytes, outcome: Outcome, reason: Reason) -> None:
    service.status, service.body = status, body
    answer = ask(service, REGISTER)
    assert (answer.outcome, answer.reason) == (outcome, reason)


def test_a_service_that_is_away_was_certainly_not_reached() -> None:
    service = Service()
    with running(service):
        pass
    answer = ask(service, REGISTER)
    assert (answer.outcome, answer.reason, answer.sent) == (Outcome.REJECTED, Reason.UNREACHABLE, False)


def test_what_a_hospital_cannot_carry_is_not_sent(service: Service) -> None:
    child = contracts.CreatePatient(hub_number=NUMBER, patient=PATIENT)
    refused = ask(service, child, text_bytes={"name": 8})
    assert (refused.reason, refused.sent, service.asked) == (Reason.NOT_CARRIED, False, [])
    rare = contracts.CreatePatient(hub_number=NUMBER, patient=replace(PATIENT, name="欧\x02阳"))
    assert ask(service, rare).reason is Reason.NOT_CARRIED
    assert service.asked == []


def test_lists_without_a_count_or_with_another_one(service: Service) -> None:
    row = "<Item><DeptCode>1</DeptCode><DeptName>内科</DeptName></Item>"
    service.says(f"<TotalNum>2</TotalNum>{row}", code="4001")
    found = ask(service, contracts.ListDepartments()).expect(contracts.Departments)
    assert (len(found.departments), found.total) == (1, 2)
    service.says(row, code="4001")
    assert ask(service, contracts.ListDepartments()).reason is Reason.INCOMPLETE
    service.says("<Msg>成功</Msg>", code="2001")
    finding = contracts.FindPatient(document_type="01", document_number="1")
    assert ask(service, finding).reason is Reason.INCOMPLETE
    service.says("<Items/>", code="2001")
    assert ask(service, finding).expect(contracts.Patients).patients == ()


def test_a_rota_has_no_doctor_and_times_may_be_short(service: Service) -> None:
    service.says(
        "<TotalNum>1</TotalNum><Item><ScheduleCode>S1</ScheduleCode><DeptCode>03</DeptCode><DoctorCode>0</DoctorCode>"
        "<RegDate>2026-01-06</RegDate><Period>上午</Period><StartTime>08:30</StartTime><EndTime>113000</EndTime>"
        "<ClassCode>01</ClassCode><Cost>14</Cost><LimitNum>20</LimitNum><LeftNum>3</LeftNum></Item>",
        code="4003",
    )
    day = date(2026, 1, 6)
    found = ask(service, contracts.ListSchedules(first_day=day, last_day=day)).expect(contracts.Schedules)
    (session,) = found.schedules
    assert (session.doctor_code, session.fee_fen, session.period) == ("", 1400, contracts.Period.MORNING)
    assert session.starts == STARTS


def test_gb_hospitals_are_written_to_in_their_charset(service: Service) -> None:
    service.says(f"<RequestNo>{NUMBER}</RequestNo><PatientID>7</PatientID>", code="2002")
    created = ask(service, contracts.CreatePatient(hub_number=NUMBER, patient=PATIENT), charset="gbk")
    assert created.expect(contracts.PatientCreated).his_patient_id == "7"
    assert "<PatientName>欧阳明</PatientName>" in service.asked[0]


def test_a_health_card_is_bound(service: Service) -> None:
    service.says(f"<RequestNo>{NUMBER}</RequestNo>", code="2011")
    bound = contracts.BindHealthCard(hub_number=NUMBER, his_patient_id="7", health_card="E1", empi="M1")
    assert ask(service, bound).outcome is Outcome.ACCEPTED
    assert "<PatientID>7</PatientID><erhcCardNo>E1</erhcCardNo><empi>M1</empi>" in service.asked[0]


def test_a_child_comes_with_its_guardian_and_codes_may_be_agreed(service: Service) -> None:
    service.says(f"<RequestNo>{NUMBER}</RequestNo><PatientID>7</PatientID>", code="2002")
    guardian = contracts.Guardian(name="欧阳父", document_type="03", document_number="E12345678", phone="138")
    child = replace(PATIENT, document_number="", guardian=guardian)
    ask(service, contracts.CreatePatient(hub_number=NUMBER, patient=child), extra={"card_type.03": "05"})
    assert (
        "<IsChild>Y</IsChild><GuardianName>欧阳父</GuardianName><GuardianCerType>05</GuardianCerType>"
        in service.asked[0]
    )
