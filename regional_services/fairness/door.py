"""What the door of a booking said, as a person hears it."""

from __future__ import annotations

from hub import tallies
from hub.waiting_room import Answer, Entry
from hub.words import said
from regional_services.fairness import noting
from regional_services.fairness.errors import HeldForCheck, TooEager
from regional_services.fairness.kinds import REFUSALS, Kind


def heed(place: str, answer: Answer) -> None:
    """Note who is to be looked at; HeldForCheck or TooEager where the door refused."""
    if answer.notes:
        noting.note(place, answer.notes, refused=answer.refused)
    if answer.entry is not Entry.REFUSED:
        return
    if answer.refused == tallies.HELD:
        raise HeldForCheck
    raise TooEager(said(REFUSALS[Kind(answer.refused)]), detail={"kind": answer.refused})
