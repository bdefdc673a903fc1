"""Who is answerable for a hospital's refresh: one delivery at a time, and no change is left to nobody (ADR 1146)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models import F

from hub import clock, ids
from hub.journal.world import open_scope, world_of
from hub.outbox import rows
from hub.outbox.models import Lane
from hub.outbox.policy import lane_policy
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from hub.tenancy.statements import Statement
from hub.work import work
from regional_services.catalog import projection
from regional_services.catalog.handlers import PACED_ATTEMPTS
from regional_services.catalog.models import CatalogMark, CatalogSession
from tenants.scheduling import services, steps
from tenants.scheduling.selectors import SessionSummary, session_summaries, upcoming_session_ids
from tests.harness.threads import in_threads
from tests.scheduling.builders import SYNC, numbers, open_hospital, open_session, schedule, session_id, snapshot


@pytest.fixture
def sessions(alpha: str) -> list[UUID]:
    """Three sessions of hospital alpha, all in the catalogue."""
    open_hospital(alpha)
    open_session(alpha, 3)
    told = tuple(number for code in ("T1", "T2") for number in numbers(2, code))
    services.apply_snapshot(alpha, snapshot((schedule("T1"), schedule("T2")), told), actor=SYNC)
    drain()
    projection.catch_up(alpha)
    with open_scope(alpha, read_only=True):
        return list(upcoming_session_ids(clock.today()))


def _stale() -> int:
    with region(read_only=True):
        return CatalogMark.objects.filter(changes__gt=F("seen")).count()


def test_one_is_answerable_for_all_sessions_of_a_hospital(alpha: str, sessions: list[UUID]) -> None:
    first, second, third = sessions
    assert projection.mark(alpha, [first])
    assert not projection.mark(alpha, [second, third])
    assert projection.catch_up(alpha) == projection.Pass(copied=3, behind=False)
    assert projection.mark(alpha, [second])


def test_what_changes_while_a_hospital_is_read_is_still_somebodys(
    alpha: str, sessions: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "session_summaries", _reading(alpha, sessions[1]))
    assert projection.mark(alpha, [sessions[0]])
    assert projection.catch_up(alpha) == projection.Pass(copied=1, behind=True)
    assert not projection.mark(alpha, [sessions[2]])
    assert projection.catch_up(alpha).copied == 2


def test_control_a_hospital_caught_up_with_what_was_not_read_forgets_it(
    alpha: str, sessions: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking the hospital's count at the end instead of the one read with the sessions leaves one to nobody."""
    too_late = Statement(
        "default",
        "UPDATE regional_catalog_catalogduty SET seen = GREATEST(changes, %(changes)s)",
        "WHERE institution_code = %(code)s RETURNING changes > seen",
    )
    monkeypatch.setattr(projection, "_CAUGHT_UP", too_late)
    monkeypatch.setattr(projection, "session_summaries", _reading(alpha, sessions[1]))
    projection.mark(alpha, [sessions[0]])
    assert (projection.catch_up(alpha).behind, _stale()) == (False, 1)


def _reading(alpha: str, changing: UUID) -> Callable[[Iterable[UUID]], list[SessionSummary]]:
    """Another session changes, once, while the hospital is read."""
    left = [changing]

    def read(ids_: Iterable[UUID]) -> list[SessionSummary]:
        if left:
            [marked] = in_threads(1, lambda _: projection.mark(alpha, [left.pop()]))
            assert not marked
        return session_summaries(ids_)

    return read


@pytest.mark.race
def test_whoever_changes_and_refreshes_at_once_nothing_stays_stale(alpha: str, sessions: list[UUID]) -> None:
    def change(number: int) -> None:
        for turn in range(12):
            if projection.mark(alpha, sessions[(number + turn) % 3 :]):
                while projection.catch_up(alpha).behind:
                    pass

    in_threads(6, change)
    assert _stale() == 0
    assert projection.mark(alpha, sessions[:1]), "and nobody is left answerable"


def test_a_delivery_that_died_before_it_marked_is_made_up_for(alpha: str) -> None:
    open_hospital(alpha)
    open_session(alpha, 3)
    drain()
    projection.catch_up(alpha)
    session = session_id(alpha)
    with work(alpha, actor=SYNC) as unit:
        steps.claim_any(unit, session_id=session, holder=uuid4())
        unit.audit("test.claimed", target="number")
    policy = lane_policy(Lane.INTERNAL)
    with open_scope(alpha):
        rows.claim(
            world_of(alpha),
            policy.lane,
            worker=ids.uuid7(),
            now=clock.now(),
            lease=policy.lease,
            batch=policy.batch,
            caps=rows.Caps(usual=100, by_hospital={}, exact=False),
        )
    for later in range(1, PACED_ATTEMPTS + 2):
        with clock.shifted(timedelta(minutes=later)):
            drain()
    with region(read_only=True):
        assert CatalogSession.objects.get().free == 2
