"""One number, many who wait, several sweeps at once: one offer, to the first; and the proof that this would show."""

from __future__ import annotations

from uuid import UUID

import pytest

from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from regional_services.booking.verify import verify_hospital
from regional_services.waitlist import offering
from regional_services.waitlist.models import Entry, State
from tenants.scheduling import steps as scheduling
from tenants.scheduling.models import Number
from tenants.scheduling.steps import ClaimedNumber
from tests.booking import world
from tests.harness.threads import in_threads
from tests.waitlist.test_waitlist import AT_ONCE, full, give_back, join, told

pytestmark = pytest.mark.race
WAITING = 6
SWEEPS = 4


def _offered(code: str) -> list[int]:
    """The places in line (0 is the first) that hold an offer after several sweeps at once."""
    session, holders = full(code)
    people = [world.resident() for _ in range(WAITING)]
    line = [join(code, session, who) for who in people]
    give_back(holders[0])
    in_threads(SWEEPS, lambda _: offering.sweep())
    offering.sweep()
    drain()
    offered = set(Entry.objects.filter(state=State.OFFERED).values_list("id", flat=True))
    found = [place for place, entry in enumerate(line) if entry.id in offered]
    assert [place for place, who in enumerate(people) if told(who)] == found
    return found


def test_one_number_is_offered_once_and_to_the_first(alpha: str) -> None:
    assert _offered(alpha) == [0]
    assert verify_hospital(alpha, quiet=AT_ONCE) == []


def test_without_the_guarded_claim_the_same_number_would_be_offered_to_all(
    alpha: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: a claim that looks and does not take."""

    def look(_unit: object, *, session_id: UUID, holder: UUID) -> ClaimedNumber:
        row = Number.objects.get(session_id=session_id)
        Number.objects.filter(id=row.id).update(state="held", holder=holder)
        claimed = scheduling.held_by(holder=holder)
        assert claimed is not None
        return claimed

    monkeypatch.setattr(scheduling, "claim_any", look)
    assert len(_offered(alpha)) == WAITING
    with hospital(alpha, read_only=True):
        assert Number.objects.count() == 1
