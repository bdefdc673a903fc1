"""What the door noted becomes a pattern for staff, and rules and decisions are repeated to the door. May run again."""

from __future__ import annotations

from hub import clock, tallies
from hub.actor import system_actor
from hub.retention.services import before
from hub.tallies import Note
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.fairness import keeping
from regional_services.fairness.kinds import DEFAULTS, MOST_EVIDENCE, Kind
from regional_services.fairness.models import Pattern, RuleRow, State

WATCH = system_actor("抢号防护")
HELD_SECONDS = 400 * 86_400  # a hold has no end; it is repeated long before this one
COUNTS_MEMBERS = (Kind.PATIENTS, Kind.DEVICE, Kind.ADDRESS)


def note(place: str, notes: tuple[Note, ...], *, refused: str) -> None:
    """Store what was seen at a hospital's door; a pattern found in order is open again when it comes back later."""
    for seen in notes:
        members = tallies.members(seen.kind, seen.subject, MOST_EVIDENCE) if seen.kind in COUNTS_MEMBERS else []
        with work(REGION, actor=WATCH) as unit:
            row, is_new = _locked(unit, seen, place)
            row.count, row.last_at, row.place = seen.count, unit.now, place
            row.refused = row.refused or refused == seen.kind
            row.members = members or row.members
            if row.state == State.FREE:
                row.state = State.OPEN
            row.save(update_fields=["count", "last_at", "place", "refused", "members", "state"])
            unit.audit(
                "fairness.noted",
                target=f"pattern:{row.id}",
                outcome="ok" if is_new else "repeat",
                detail={"kind": seen.kind, "count": seen.count, "hospital": place},
            )


def _locked(unit: Unit, seen: Note, place: str) -> tuple[Pattern, bool]:
    first = {"count": seen.count, "place": place, "first_at": unit.now, "last_at": unit.now}
    row, is_new = Pattern.objects.get_or_create(kind=seen.kind, subject=seen.subject, defaults=first)
    return Pattern.objects.select_for_update().get(pk=row.pk), is_new


def repeat() -> int:
    """Tell the door rules and standing decisions again, lest Redis forgot them; how many stand."""
    now = clock.now()
    with region(read_only=True):
        rules = rules_in_force()
        held = list(Pattern.objects.filter(state=State.HELD).values_list("subject", flat=True).distinct())
        freed = list(Pattern.objects.filter(state=State.FREE, free_until__gt=now).values_list("subject", "free_until"))
    tallies.put_rules({str(kind): rule for kind, rule in rules.items()})
    for subject, until in freed:
        if until is not None:
            tallies.put_standing(subject, State.FREE, int((until - now).total_seconds()))
    for subject in held:
        tallies.put_standing(subject, tallies.HELD, HELD_SECONDS)
    return len(held) + len(freed)


def rules_in_force() -> dict[Kind, tallies.Rule]:
    """The district's figures, and the defaults of what it did not set. One query."""
    rows = RuleRow.objects.filter(ended_at__isnull=True)
    own = {Kind(row.kind): tallies.Rule(seconds=row.seconds, note=row.note, refuse=row.refuse) for row in rows}
    return {**DEFAULTS, **own}


def forget_old() -> int:
    """Patterns nobody holds, long past, are deleted: they name devices and addresses; how many."""
    old = Pattern.objects.exclude(state=State.HELD).filter(last_at__lt=before(keeping.PATTERNS))
    with work(REGION, actor=WATCH) as unit:
        count, _ = old.delete()
        unit.audit("fairness.forgotten", target="patterns", detail={"count": count})
    return count
