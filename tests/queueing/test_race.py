"""Two callers never call one person twice; without the guard they would."""

from __future__ import annotations

from collections import Counter
from threading import Barrier
from uuid import UUID

import pytest
from django.db.models import Q

from hub.tenancy.scope import hospital
from hub.work import Unit
from tenants.queueing import calling, selectors, services, timekeeping
from tenants.queueing.models import Call
from tenants.queueing.ordering import Waiting
from tests.harness.threads import in_threads
from tests.queueing.world import Clinic, at_clinic, clinic

ROOMS = 4


def _rush(day: Clinic, monkeypatch: pytest.MonkeyPatch) -> Counter[UUID]:
    """Every room presses the one key, and all have read the line before anybody takes; who was called how often."""
    read, waiting_of = Barrier(ROOMS), selectors.waiting_of
    doctor, queue_id = day.doctor, day.queue_id

    def read_together(queue: UUID) -> list[Waiting]:
        found = waiting_of(queue)
        read.wait(20)
        return found

    def press(number: int) -> None:
        with at_clinic(8):
            services.call_next(
                actor=doctor, hospital=day.code, queue_id=queue_id, station=f"{number}诊室", expected=None
            )

    monkeypatch.setattr(calling, "waiting_of", read_together)
    in_threads(ROOMS, press)
    with hospital(day.code, read_only=True):
        return Counter(Call.objects.values_list("entry_id", flat=True))


def _full(code: str) -> Clinic:
    day = clinic(code, ROOMS + 1)
    with at_clinic(8):
        timekeeping.enter_day(code)
        day.arrive(*range(ROOMS + 1))
    return day


def test_rooms_that_share_a_line_call_different_people(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four keys pressed at once: the first four of the line, each once."""
    day = _full(alpha)
    called = _rush(day, monkeypatch)
    assert called == {day.entry(index).id: 1 for index in range(ROOMS)}


def test_without_the_guard_one_person_is_called_by_several_rooms(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: look, then take."""
    day, take = _full(alpha), calling.take

    def blind(unit: Unit, entry_id: UUID, *, station: str, where: Q) -> bool:
        return take(unit, entry_id, station=station, where=Q())

    monkeypatch.setattr(calling, "take", blind)
    assert max(_rush(day, monkeypatch).values()) > 1
