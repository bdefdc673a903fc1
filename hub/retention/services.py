"""The periods in force: asked by every clean-up, set by the district's security administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.errors import Forbidden, InvalidInput, NotFound
from hub.retention.models import Decision
from hub.retention.permissions import CHANGE
from hub.retention.rules import Rule, declared
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work

NOTHING_IS_OLDER = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A rule with what is in force; `by_name` is empty while nobody has decided anything."""

    rule: Rule
    days: int
    on_hold: bool
    reason: str
    by_name: str
    at: datetime | None


def before(code: str) -> datetime:
    """The instant before which rows of this kind may go; under legal hold one nothing is older than. One query.

    Opens a scope of its own: ask before opening the one that removes.
    """
    found = _of(declared()[code])
    return NOTHING_IS_OLDER if found.on_hold else clock.now() - timedelta(days=found.days)


def days(code: str) -> int:
    """For how many days this kind is kept. One query, in a scope of its own."""
    return _of(declared()[code]).days


def standing() -> list[Standing]:
    """Every rule with what is in force. One query."""
    with region(read_only=True):
        rows = Decision.objects.order_by("rule", "-id").distinct("rule")
        newest = {row.rule: row for row in rows}
    return [_standing(rule, newest.get(code)) for code, rule in declared().items()]


def one(code: str) -> tuple[Standing, list[Decision]]:
    """One rule and all decisions about it, newest first; NotFound where there is no such rule. One query."""
    rule = _rule(code)
    with region(read_only=True):
        decisions = list(Decision.objects.filter(rule=code).order_by("-id"))
    return _standing(rule, decisions[0] if decisions else None), decisions


def change(*, actor: Actor, code: str, days: int, reason: str) -> None:
    """Set a period from now on; InvalidInput outside what law and promise allow."""
    rule = _rule(code)
    if not rule.least <= days <= rule.most:
        raise InvalidInput(
            fields={
                "days": gettext("应在 %(least)s 到 %(most)s 天之间（%(basis)s）。")
                % {"least": rule.least, "most": rule.most, "basis": rule.basis}
            }
        )
    _decide(actor, rule, reason, days=days)


def hold(*, actor: Actor, code: str, on: bool, reason: str) -> None:
    """Put a kind of data under legal hold, or lift the hold: meanwhile nothing of it is removed."""
    _decide(actor, _rule(code), reason, on_hold=on)


def _decide(actor: Actor, rule: Rule, reason: str, *, days: int | None = None, on_hold: bool | None = None) -> None:
    require(actor, CHANGE)
    if actor.institution is not None:
        raise Forbidden
    why = reason.strip()
    if not why or len(why) > LONGEST_REASON:
        raise InvalidInput(fields={"reason": gettext("请写明依据，不超过 200 字。")})
    with work(REGION, actor=actor) as unit:
        was = _standing(rule, Decision.objects.filter(rule=rule.code).order_by("-id").first())
        now = Decision.objects.create(
            rule=rule.code,
            days=was.days if days is None else days,
            on_hold=was.on_hold if on_hold is None else on_hold,
            reason=why,
            by_name=actor.name[:64],
            at=unit.now,
        )
        unit.audit(
            "retention.changed",
            target=f"retention:{rule.code}",
            reason=why,
            detail={"from": [was.days, was.on_hold], "to": [now.days, now.on_hold]},
        )


def _rule(code: str) -> Rule:
    found = declared().get(code)
    if found is None:
        raise NotFound
    return found


def _of(rule: Rule) -> Standing:
    with region(read_only=True):
        return _standing(rule, Decision.objects.filter(rule=rule.code).order_by("-id").first())


def _standing(rule: Rule, row: Decision | None) -> Standing:
    if row is None:
        return Standing(rule=rule, days=rule.days, on_hold=False, reason="", by_name="", at=None)
    # A declaration that became stricter than an older decision wins.
    days = min(max(row.days, rule.least), rule.most)
    return Standing(rule=rule, days=days, on_hold=row.on_hold, reason=row.reason, by_name=row.by_name, at=row.at)
