"""What staff decide: the rules, and about each pattern."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext

from hub import tallies
from hub.actor import Actor
from hub.errors import InvalidInput
from hub.ids import uuid7
from hub.security.permissions import require
from hub.tallies import Rule
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.fairness import noting
from regional_services.fairness.errors import NothingToDecide, PatternNotFound
from regional_services.fairness.kinds import ACCOUNT, Kind
from regional_services.fairness.models import Pattern, RuleRow, State
from regional_services.fairness.permissions import DECIDE, SET_RULES
from regional_services.notifications import steps as notifications

SHORTEST_REASON, LONGEST_REASON = 4, 300
FREE_DAYS = (1, 180)
_RANGES = {"minutes": (1, 20_160), "note": (0, 10_000), "refuse": (0, 10_000)}


def hold(*, actor: Actor, pattern_id: UUID, reason: str) -> None:
    """No booking online for this account, device or address until somebody has looked. Audited; an account is told.

    PatternNotFound, NothingToDecide (it is held), InvalidInput (no reason).
    """
    _decide(actor, pattern_id, State.HELD, _reason(reason), days=0)


def release(*, actor: Actor, pattern_id: UUID, reason: str, days: str) -> None:
    """Found in order: it books again, and is not noted for so many days. Audited; an account that was held is told.

    PatternNotFound, NothingToDecide (it is free), InvalidInput.
    """
    _decide(actor, pattern_id, State.FREE, _reason(reason), days=_whole("days", days, FREE_DAYS))


def _decide(actor: Actor, pattern_id: UUID, state: State, reason: str, *, days: int) -> None:
    require(actor, DECIDE)
    with work(REGION, actor=actor) as unit:
        found = Pattern.objects.filter(pk=pattern_id).first()
        if found is None:
            raise PatternNotFound
        rows = list(Pattern.objects.select_for_update().filter(subject=found.subject).order_by("id"))
        if all(row.state == state for row in rows):
            raise NothingToDecide
        was_held = any(row.state == State.HELD for row in rows)
        until = unit.now + timedelta(days=days) if days else None
        for row in rows:
            row.state, row.reason, row.decided_by, row.decided_at = state, reason, actor.name[:60], unit.now
            row.free_until = until
            row.save(update_fields=["state", "reason", "decided_by", "decided_at", "free_until"])
        unit.audit(
            "fairness.decided",
            target=f"pattern:{pattern_id}",
            reason=reason,
            before={"held": was_held},
            after={"state": state, "subject": found.subject, "days": days},
        )
        if state == State.HELD or was_held:
            _tell(unit, found.subject, state, reason, pattern_id)
    if state == State.HELD:
        tallies.put_standing(found.subject, tallies.HELD, noting.HELD_SECONDS)
    else:
        tallies.put_standing(found.subject, State.FREE, days * 86_400)
        tallies.forget(list(Kind), found.subject)


def _tell(unit: Unit, subject: str, state: State, reason: str, pattern_id: UUID) -> None:
    kind, _, value = subject.partition(":")
    if kind != ACCOUNT:
        return
    notifications.send(
        unit,
        kind="fairness.held" if state == State.HELD else "fairness.freed",
        account_id=UUID(value),
        person_id=None,
        institution_code="",
        about=uuid7(),
        subject=pattern_id,
        facts={"reason": reason},
    )


def set_rules(*, actor: Actor, values: Mapping[str, Mapping[str, str]]) -> None:
    """The figures from now on, by kind: `minutes`, `note`, `refuse` (0: never). InvalidInput."""
    require(actor, SET_RULES)
    wanted = {kind: _rule(kind, values.get(kind, {})) for kind in Kind}
    with work(REGION, actor=actor) as unit:
        known = noting.rules_in_force()
        changed = {kind: rule for kind, rule in wanted.items() if rule != known[kind]}
        for kind, rule in changed.items():
            RuleRow.objects.filter(kind=kind, ended_at__isnull=True).update(ended_at=unit.now)
            RuleRow.objects.create(
                kind=kind,
                seconds=rule.seconds,
                note=rule.note,
                refuse=rule.refuse,
                made_by=actor.name[:60],
                made_at=unit.now,
            )
        told = {str(kind): [rule.seconds, rule.note, rule.refuse] for kind, rule in changed.items()}
        unit.audit("fairness.rules_set", target="rules", after=told)
    tallies.put_rules({str(kind): rule for kind, rule in wanted.items()})


def _rule(kind: Kind, given: Mapping[str, str]) -> Rule:
    figures = {
        name: _whole(f"{kind}_{name}", given.get(name, ""), bounds, title=kind.label)
        for name, bounds in _RANGES.items()
    }
    return Rule(seconds=figures["minutes"] * 60, note=figures["note"], refuse=figures["refuse"])


def _whole(field: str, text: str, bounds: tuple[int, int], *, title: str = "") -> int:
    low, high = bounds
    text = text.strip()
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        words = gettext("应为 %(low)s 到 %(high)s 之间的整数。") % {"low": low, "high": high}
        raise InvalidInput(fields={field: f"{title}：{words}" if title else words})
    return int(text)


def _reason(text: str) -> str:
    reason = text.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        words = gettext("请写明原因，%(low)s 到 %(high)s 个字。") % {"low": SHORTEST_REASON, "high": LONGEST_REASON}
        raise InvalidInput(fields={"reason": words})
    return reason
