"""What exchange databases do to those who trust them: half-written rows, jobs that hang or answer twice, broken lines.

Each on PostgreSQL and on MariaDB.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from hub import clock
from institution_connectors.adapters.exchange_db import ExchangeDbAdapter
from institution_connectors.contracts import (
    Answer,
    Call,
    Cancelled,
    CancelRegistration,
    CheckOutcome,
    ConfirmVisitEvents,
    CreatePatient,
    Departments,
    ListDepartments,
    ListVisitEvents,
    Operation,
    Options,
    Outcome,
    PatientCreated,
    Ping,
    Reason,
    Timeouts,
    VisitReports,
)
from tests.connectors.dialects import SECRET
from tests.connectors.exchange_db.conftest import Hand
from tests.connectors.people import hub_number, somebody
from tests.harness import mariadb
from tests.harness.outside import HOST
from tests.harness.threads import in_threads


def cancel(number: str = "", *, reason: str = "") -> CancelRegistration:
    """Some command."""
    return CancelRegistration(hub_number=number or hub_number("C"), registration_number="R00000001", reason=reason)


def flags(hand: Hand, number: str) -> list[str]:
    """The flags of a number's handings-in."""
    rows = hand.run("SELECT flag FROM hub_request WHERE request_no = %s ORDER BY attempt_no", number)
    return [row[0] for row in rows]


def answer(hand: Hand, number: str, *, attempt: int = 1, flag: str = "1", reg_no: str = "G1") -> None:
    """What a hospital's job writes."""
    hand.run(
        "INSERT INTO hub_answer (request_no, attempt_no, flag, stored_no, result_code, message, reg_no)"
        " VALUES (%s, %s, %s, %s, '0', 'ok', %s)",
        number, attempt, flag, number, reg_no,
    )  # fmt: skip


@contextmanager
def meanwhile(work: Callable[[], None], *, after: float) -> Iterator[None]:
    """Something the hospital does while the hub waits."""
    timer = threading.Timer(after, work)
    timer.start()
    yield
    timer.join()


def test_what_nobody_took_is_taken_back_and_may_be_handed_in_again(hand: Hand) -> None:
    request = cancel()
    refused = hand.ask(request, seconds=0.2)
    assert (refused.outcome, refused.reason, refused.sent) == (Outcome.REJECTED, Reason.UNREACHABLE, False)
    assert flags(hand, request.hub_number) == ["9"]
    with meanwhile(lambda: answer(hand, request.hub_number, attempt=2), after=0.2):
        assert hand.ask(request, seconds=2).expect(Cancelled).his_number == "G1"
    assert len(flags(hand, request.hub_number)) == 2


def test_what_was_taken_and_not_answered_is_not_known(hand: Hand) -> None:
    request = cancel()

    def take() -> None:
        hand.run("UPDATE hub_request SET flag = '1' WHERE request_no = %s AND flag = '0'", request.hub_number)

    with meanwhile(take, after=0.1):
        hung = hand.ask(request)
    assert (hung.outcome, hung.reason) == (Outcome.UNKNOWN, Reason.TIME_OUT)
    assert flags(hand, request.hub_number) == ["1"]
    assert hand.ask(replace(request, reason="另一内容")).reason is Reason.NUMBER_REUSED
    answer(hand, request.hub_number)  # it was at it after all: who asks again joins, nothing is handed in twice
    assert hand.ask(request).expect(Cancelled).his_number == "G1"
    assert len(flags(hand, request.hub_number)) == 1


def test_who_asks_after_a_number_nobody_took_takes_it_back_first(hand: Hand) -> None:
    number = hub_number("C")
    hand.run(
        "INSERT INTO hub_request (request_no, attempt_no, business, content_hash, valid_seconds)"
        " VALUES (%s, 1, 'cancel_registration', 'x', 10)",
        number,
    )
    hand.ask(CheckOutcome(hub_number=number, asked=Operation.CANCEL_REGISTRATION), seconds=0.2)
    assert flags(hand, number) == ["9"]


def test_an_answer_is_read_when_it_is_written_to_its_end(hand: Hand) -> None:
    request = cancel()

    def write_slowly() -> None:
        answer(hand, request.hub_number, flag="0", reg_no="")
        time.sleep(0.3)
        hand.run("UPDATE hub_answer SET reg_no = 'G7   ', flag = '1' WHERE request_no = %s", request.hub_number)

    with meanwhile(write_slowly, after=0.1):
        assert hand.ask(request, seconds=2).expect(Cancelled).his_number == "G7"  # and padding is no part of it


def test_a_job_that_answers_twice_must_say_the_same(hand: Hand) -> None:
    same, other = cancel(), cancel()
    with without_keys(hand, "hub_answer"):
        for request, second in ((same, "G1"), (other, "G2")):
            with meanwhile(lambda n=request.hub_number, s=second: twice(hand, n, s), after=0.1):  # type: ignore[misc]
                told = hand.ask(request, seconds=2)
            assert told.outcome is (Outcome.ACCEPTED if second == "G1" else Outcome.UNKNOWN)
        assert told.reason is Reason.UNREADABLE
        hand.run("DELETE FROM hub_answer")


def twice(hand: Hand, number: str, second: str) -> None:
    """Two answers in one transaction."""
    with hand.database.work() as cursor:
        for reg_no in ("G1", second):
            cursor.execute(
                "INSERT INTO hub_answer (request_no, attempt_no, flag, stored_no, result_code, reg_no)"
                " VALUES (%s, 1, '1', %s, '0', %s)",
                (number, number, reg_no),
            )


@contextmanager
def without_keys(hand: Hand, table: str) -> Iterator[None]:
    """A hospital that made the table without its primary key."""
    drop = f"DROP CONSTRAINT {table}_pkey" if hand.kind == "postgresql" else "DROP PRIMARY KEY"
    hand.run(f"ALTER TABLE {table} {drop}")
    try:
        yield
    finally:
        hand.run(f"DELETE FROM {table}")
        hand.run(f"ALTER TABLE {table} ADD PRIMARY KEY (request_no, attempt_no)")


@pytest.mark.race
def test_two_who_hand_in_the_same_number_hand_in_one_row(hand: Hand) -> None:
    request = cancel()
    with meanwhile(lambda: answer(hand, request.hub_number), after=0.4):
        answers = in_threads(4, lambda _: hand.ask(request, seconds=2))
    assert [told.expect(Cancelled).his_number for told in answers] == ["G1"] * 4
    assert len(flags(hand, request.hub_number)) == 1
    with without_keys(hand, "hub_request"):  # the control: it is the key that refuses the second
        rival = cancel()
        with meanwhile(lambda: answer(hand, rival.hub_number), after=0.4):
            in_threads(4, lambda _: hand.ask(rival, seconds=2))
        assert len(flags(hand, rival.hub_number)) > 1


@pytest.mark.parametrize(("word", "passed_on", "outcome"), [("INSERT", False, "rejected"), ("COMMIT", True, "unknown")])
def test_a_line_that_breaks_before_or_at_the_commit(hand: Hand, word: str, passed_on: bool, outcome: str) -> None:
    request = cancel()
    with broken_road(hand, word.encode(), passed_on=passed_on) as adapter:
        told = adapter.call(request, Call(trace_id="t", timeouts=Timeouts(connect=2, read=1), record=lambda _: None))
    assert (str(told.outcome), told.sent) == (outcome, outcome == "unknown")
    assert flags(hand, request.hub_number) == (["0"] if passed_on else [])


@contextmanager
def broken_road(hand: Hand, word: bytes, *, passed_on: bool) -> Iterator[ExchangeDbAdapter]:
    """A way to the server that breaks when it sees this word, with or without passing it on."""
    server = urlsplit(hand.profile.endpoint)
    listening = socket.create_server((HOST, 0))
    port = listening.getsockname()[1]

    def pass_on(near: socket.socket) -> None:
        far = socket.create_connection((str(server.hostname), int(server.port or 0)))
        threading.Thread(target=_pump, args=(far, near, b"", True), daemon=True).start()
        _pump(near, far, word, passed_on)

    def accept() -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=pass_on, args=(near,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    endpoint = hand.profile.endpoint.replace(f":{server.port}/", f":{port}/").replace(str(server.hostname), HOST)
    adapter = ExchangeDbAdapter(replace(hand.profile, endpoint=endpoint), SECRET.encode())
    try:
        yield adapter
    finally:
        adapter.close()
        listening.close()


def _pump(source: socket.socket, sink: socket.socket, word: bytes, passed_on: bool) -> None:
    handed_in = False  # a driver commits for itself before; it is the commit of our row that is meant
    try:
        while data := source.recv(1 << 16):
            handed_in = handed_in or b"INSERT INTO" in data
            if word and word in data and handed_in:
                if passed_on:
                    sink.sendall(data)
                    time.sleep(0.2)
                break
            sink.sendall(data)
    except OSError:
        return
    finally:
        for end in (source, sink):
            end.close()


def test_a_kept_connection_that_died_costs_nobody_an_error(hand: Hand) -> None:
    assert hand.ask(Ping()).outcome is Outcome.ACCEPTED
    if hand.kind == "postgresql":
        own = hand.speaking(hand.profile.options)  # an account may end its own sessions
        assert own._client is not None
        with own._client._engine.connect() as other:
            others = "usename = session_user AND pid <> pg_backend_pid()"
            other.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE {others}")
        own.close()
    else:
        for [number] in hand.run("SELECT id FROM information_schema.processlist WHERE user = %s", hand.account):
            hand.run(f"KILL {int(number)}")
    request = cancel()
    with meanwhile(lambda: answer(hand, request.hub_number), after=0.1):
        assert hand.ask(request, seconds=2).outcome is Outcome.ACCEPTED


def test_a_batch_in_the_making_is_not_believed(hand: Hand) -> None:
    hand.run("INSERT INTO t_hub_department (dept_code, dept_name) VALUES ('01  ', '内科  ')")
    hand.run("INSERT INTO hub_batch (entity, scope, batch_no, row_total, flag) VALUES ('DEPARTMENT', '*', 1, 1, '1')")
    [department] = hand.ask(ListDepartments()).expect(Departments).departments
    assert (department.code, department.name) == ("01", "内科")
    hand.run("UPDATE hub_batch SET flag = '0'")
    assert hand.ask(ListDepartments()).reason is Reason.INCOMPLETE
    hand.run("UPDATE hub_batch SET flag = '1', row_total = 2")
    hand.run("INSERT INTO t_hub_department (dept_code, dept_name, complete_flag) VALUES ('02', '半行', '0')")
    assert hand.ask(ListDepartments()).expect(Departments).total == 2  # and one row: no list is made of that


def test_a_step_that_was_committed_late_is_not_missed(hand: Hand) -> None:
    long_ago = clock.now() - timedelta(hours=3)
    event = (
        "INSERT INTO hub_event (event_no, event_time, written_at, event, reg_no) VALUES (%s, {0}, {0}, 'called', 'G1')"
    )
    event = event.format(f"'{clock.local(long_ago):%Y-%m-%d %H:%M:%S}'")
    hand.run(event, 2)
    asked = ListVisitEvents(since=long_ago)
    [known] = hand.ask(asked).expect(VisitReports).reports
    hand.ask(ConfirmVisitEvents(event_numbers=(known.event_number,)))
    hand.run(event, 1)  # its transaction was three hours long
    later = ListVisitEvents(since=clock.now() - timedelta(minutes=15))
    assert [report.event_number for report in hand.ask(later).expect(VisitReports).reports] == ["1"]
    [[by_time_alone]] = hand.run(
        f"SELECT count(*) FROM hub_event WHERE written_at >= '{clock.local(later.since):%F %T}'"
    )
    assert by_time_alone == 0  # the control: no time the hub could ask from would have shown it
    restored = hand.ask(ListVisitEvents(since=long_ago)).expect(VisitReports)  # a hub back from a backup asks again
    assert [report.event_number for report in restored.reports] == ["1", "2"]


def test_a_job_that_stopped_is_a_hospital_that_is_not_there(hand: Hand) -> None:
    assert hand.ask(Ping()).outcome is Outcome.ACCEPTED
    hand.run(f"UPDATE t_hub_clock SET job_time = '{clock.local(clock.now() - timedelta(minutes=5)):%F %T}'")
    assert hand.ask(Ping()).reason is Reason.UNREACHABLE


def test_the_hubs_account_can_do_nothing_but_its_part(hand: Hand) -> None:
    client = hand.adapter._client
    assert client is not None
    engine = client._engine
    for statement in (
        "SELECT * FROM t_hub_department",
        "INSERT INTO hub_answer (request_no, attempt_no) VALUES ('X', 1)",
        "UPDATE hub_request SET patient_no = '1'",
        "UPDATE hub_event SET reg_no = '1'",
        "DELETE FROM hub_request",
        "CREATE TABLE mine (a INTEGER)",
    ):
        scoped = f"SET search_path TO his_hand; {statement}" if hand.kind == "postgresql" else statement
        with pytest.raises(Exception, match=r"(?i)denied|permission"), engine.begin() as connection:
            connection.exec_driver_sql(scoped)


def test_a_wrong_key_or_a_missing_table_is_said_plainly(hand: Hand) -> None:
    stranger = ExchangeDbAdapter(hand.profile, b"another key of thirty-two bytes!")
    told = stranger.call(Ping(), Call(trace_id="t", timeouts=Timeouts(connect=2, read=1), record=lambda _: None))
    stranger.close()
    assert (told.reason, told.sent) == (Reason.NOT_AUTHORISED, False)


def test_what_a_gbk_database_can_not_hold_is_refused_and_never_spoilt(hand: Hand) -> None:
    if hand.kind != "mariadb":
        pytest.skip("PostgreSQL has no GBK databases")
    assert mariadb.program()
    hand.run("ALTER TABLE hub_request CONVERT TO CHARACTER SET gbk")
    try:
        gbk = hand.speaking(replace(hand.profile.options, charset="gbk"))
        for adapter in (hand.adapter, gbk):  # the database refuses it itself, where nobody told us its set
            told = _asked(adapter, CreatePatient(hub_number=hub_number("P"), patient=somebody(name="𠮷三")))
            assert (told.reason, told.sent) == (Reason.NOT_CARRIED, False)
            assert "𠮷" not in told.text
        wish = CreatePatient(hub_number=hub_number("P"), patient=somebody(name="欧阳·龘"))
        with meanwhile(lambda: answer_patient(hand, wish.hub_number), after=0.1):
            assert _asked(gbk, wish).expect(PatientCreated).his_patient_id == "P1"
        assert (
            hand.run("SELECT patient_name FROM hub_request WHERE request_no = %s", wish.hub_number)[0][0] == "欧阳·龘"
        )
        gbk.close()
    finally:
        hand.run("ALTER TABLE hub_request CONVERT TO CHARACTER SET utf8mb4")


def _asked(adapter: ExchangeDbAdapter, request: CreatePatient) -> Answer:
    return adapter.call(request, Call(trace_id="t", timeouts=Timeouts(connect=2, read=1), record=lambda _: None))


def answer_patient(hand: Hand, number: str) -> None:
    """An archive was made."""
    hand.run(
        "INSERT INTO hub_answer (request_no, attempt_no, flag, stored_no, result_code, patient_no)"
        " VALUES (%s, 1, '1', %s, '0', 'P1')",
        number, number,
    )  # fmt: skip


def test_what_crossed_is_kept_for_the_message_store(hand: Hand) -> None:
    request = CreatePatient(hub_number=hub_number("P"), patient=somebody())
    with meanwhile(lambda: answer_patient(hand, request.hub_number), after=0.1):
        hand.ask(request, seconds=2)
    assert [wire.head["table"] for wire in hand.wires] == ["hub_request", "hub_answer"]
    assert SECRET not in "".join(wire.body.decode() for wire in hand.wires)
    assert isinstance(hand.profile.options, Options)
