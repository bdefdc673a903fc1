"""A restored hospital is in step within a minute per 10,000 bookings: by sets, taken up where it stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from hub import clock
from hub.actor import system_actor
from hub.ids import domain_number, uuid7
from hub.tenancy import repair
from hub.tenancy.scope import hospital, region
from loadtest.processor import of_processes
from regional_services.booking.models import Booking, Cause, Reservation, ResyncRun, ResyncState
from regional_services.booking.resync import comparing, noting, reading, running
from regional_services.booking.verify import verify_hospital
from tests.booking import world
from tests.crash.guillotine import Killed

WHO = system_actor("运维 王工")
FEW, MANY, A_FIFTH = 10, 120, 2_000


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements of both worlds."""
    seen: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        seen.append(str(sql)[:60])
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(note), connections["hospital"].execute_wrapper(note):
        yield seen


def forgotten(alpha: str, session: UUID, count: int) -> list[UUID]:
    """Bookings the district knows and the hospital has forgotten, as after the return of an older schema."""
    model = Booking.objects.get(id=world.book(alpha, session, world.resident()).id)
    # A day of birth has a thousand document numbers.
    people = [world.resident(born=date(1970, 1, 1) + timedelta(days=n // 900)) for n in range(count)]
    made = []
    for who, number in zip(people, world.free_numbers(alpha, session), strict=False):
        values = {field.attname: getattr(model, field.attname) for field in Booking._meta.concrete_fields}
        booking_id = uuid7()
        values |= {
            "id": booking_id, "number": domain_number("B", booking_id), "account_id": who.actor.id,
            "person_id": who.person_id, "number_id": number.id, "sequence": number.sequence,
            "starts_at": number.start, "ends_at": number.end,
        }  # fmt: skip
        made.append(Booking(**values))
    assert len(made) == count
    with region():
        Booking.objects.bulk_create(made)
        Reservation.objects.bulk_create(
            [
                Reservation(
                    booking_id=one.id, person_id=one.person_id, visit_date=one.visit_date, starts_at=one.starts_at,
                    ends_at=one.ends_at, ordinal=1, chain=one.id,
                )
                for one in made
            ]
        )  # fmt: skip
    return [one.id for one in made]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one process only: nobody has to hear anything."""
    monkeypatch.setattr(repair, "heard", lambda: None)


def test_statements_do_not_grow_with_the_bookings(alpha: str, at_once: None) -> None:
    session = world.open_for_booking(alpha, FEW + MANY + 10, fee_fen=0)
    spent: dict[int, int] = {}
    for count in (FEW, MANY):
        forgotten(alpha, session, count)
        run_id = running.start(alpha, cause=Cause.HUB, since=clock.now(), actor=WHO)
        with counting() as seen:
            assert running.carry_on(run_id) is ResyncState.DONE
        spent[count] = len(seen)
        assert reading.run(run_id).left == 0
        assert "不能列出登记" in reading.run(run_id).note, "a hospital that cannot list is opened, and it is said"
    assert spent[MANY] - spent[FEW] <= 4, f"statements grow with the bookings: {spent}"
    assert verify_hospital(alpha, quiet=timedelta(0)) == []


def processor() -> float:
    """Seconds used so far by this process and by its database's, which no neighbour's work lengthens."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return time.process_time() + of_processes(pid for (pid,) in cursor.fetchall())


@pytest.mark.slow
def test_the_pace(alpha: str, at_once: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Batches of the real size, one after the other: a fifth of 10,000 in a fifth of a minute, opened at its end."""
    session = world.open_for_booking(alpha, A_FIFTH + 10, fee_fen=0)
    forgotten(alpha, session, A_FIFTH)
    run_id = running.start(alpha, cause=Cause.HUB, since=clock.now(), actor=WHO)
    began, spent = time.monotonic(), processor()
    assert running.carry_on(run_id) is ResyncState.DONE
    seconds, spent = time.monotonic() - began, processor() - spent
    run = reading.run(run_id)
    assert (run.compared, run.left) == (A_FIFTH + 1, 0)
    with capsys.disabled():
        print(f"\n{A_FIFTH} bookings in {seconds:.1f} s, {spent:.1f} s of them at work")
    assert spent < 12


def test_a_run_that_was_killed_goes_on_where_it_stopped(
    alpha: str, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = world.open_for_booking(alpha, 40, fee_fen=0)
    forgotten(alpha, session, 12)
    monkeypatch.setattr(comparing, "BATCH", 5)
    run_id = running.start(alpha, cause=Cause.HUB, since=clock.now(), actor=WHO)
    real, calls = noting.note, []

    def killed(*given: Any) -> None:
        calls.append(1)
        if len(calls) == 2:  # the hospital's part of the second batch is committed, the district's is not
            raise Killed
        real(*given)

    monkeypatch.setattr(noting, "note", killed)
    with pytest.raises(Killed):
        running.carry_on(run_id)
    assert running.due() == [], "it is still claimed"
    assert running.carry_on(run_id) is ResyncState.RUNNING
    with clock.shifted(timedelta(minutes=4)):
        assert running.due() == [run_id]
        assert running.carry_on(run_id) is ResyncState.DONE
    run = ResyncRun.objects.get(pk=run_id)
    assert (run.compared, run.left) == (13, 0)
    assert verify_hospital(alpha, quiet=timedelta(0)) == []
    with hospital(alpha, read_only=True), connections["hospital"].cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT hub_number) FROM exchange_exchange")
        assert cursor.fetchone() == (13, 13), "the repeated batch asked nothing twice"
