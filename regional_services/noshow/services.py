"""What people do about no-shows: appeal, decide an appeal, set the rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext

from hub.accounts.models import DISTRICT
from hub.actor import Actor
from hub.errors import InvalidInput, NotSignedIn
from hub.ids import domain_number, uuid7
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.noshow import counting, selectors
from regional_services.noshow.errors import AlreadyDecided, CannotAppeal, NoShowNotFound
from regional_services.noshow.events import AppealDecided
from regional_services.noshow.models import Block, NoShow, Rule, State
from regional_services.noshow.permissions import DECIDE, SET_RULE, VIEW
from regional_services.noshow.selectors import APPEAL_DAYS, Asked, NoShowView

MOST_ROWS = 20_000
SHORTEST_REASON, LONGEST_REASON = 4, 300
_RANGES = {"count": (1, 20), "window_days": (7, 365), "block_days": (1, 180)}


def appeal(*, actor: Actor, booking_id: UUID, text: str) -> None:
    """Say why one did not come (or did), once, within a month. NoShowNotFound, CannotAppeal, InvalidInput."""
    if actor.id is None:
        raise NotSignedIn
    reason = _reason(text)
    with work(REGION, actor=actor) as unit:
        row = NoShow.objects.select_for_update().filter(booking_id=booking_id, account_id=actor.id).first()
        if row is None:
            raise NoShowNotFound
        if row.state != State.COUNTED or unit.now > row.starts_at + timedelta(days=APPEAL_DAYS):
            raise CannotAppeal
        row.state, row.appeal, row.appealed_at = State.APPEALED, reason, unit.now
        row.save(update_fields=["state", "appeal", "appealed_at"])
        unit.audit("noshow.appealed", target=f"booking:{booking_id}")


def decide(*, actor: Actor, booking_id: UUID, excuse: bool, text: str) -> None:
    """End an appeal with a reason the resident reads; an excused visit counts no more, and its block goes.

    NoShowNotFound (also another hospital's), AlreadyDecided, InvalidInput.
    """
    require(actor, DECIDE)
    reason = _reason(text)
    with work(REGION, actor=actor) as unit:
        row = NoShow.objects.select_for_update().filter(booking_id=booking_id).first()
        if row is None or actor.institution not in {None, row.institution_code}:
            raise NoShowNotFound
        if row.state != State.APPEALED:
            raise AlreadyDecided
        row.state = State.EXCUSED if excuse else State.UPHELD
        row.decision, row.decided_by, row.decided_at = reason, actor.name[:60], unit.now
        row.save(update_fields=["state", "decision", "decided_by", "decided_at"])
        unit.audit("noshow.decided", target=f"booking:{booking_id}", reason=reason, after={"state": row.state})
        unit.publish(AppealDecided(hospital=row.institution_code, booking_id=booking_id))


def export(*, actor: Actor, asked: Asked) -> tuple[str, Sequence[NoShowView]]:
    """The list as it leaves the house, and the number the audit knows the export by."""
    require(actor, VIEW)
    number = domain_number("E", uuid7())
    rows = selectors.listed(actor, asked, limit=MOST_ROWS)
    with work(REGION, actor=actor) as unit:
        detail = {"rows": len(rows), "state": asked.state, "institution": asked.institution}
        unit.audit("noshow.exported", target=f"export:{number}", detail=detail)
    return number, rows


def set_rule(*, actor: Actor, count: str, window_days: str, block_days: str) -> None:
    """The rule of the actor's hospital, or of the district; a count of 0 ends it, and its blocks. InvalidInput."""
    require(actor, SET_RULE)
    scope = actor.institution or DISTRICT
    ends = count.strip() == "0"
    figures = {} if ends else _figures({"count": count, "window_days": window_days, "block_days": block_days})
    with work(REGION, actor=actor) as unit:
        Rule.objects.select_for_update().filter(institution_code=scope, ended_at__isnull=True).update(ended_at=unit.now)
        if ends:
            for block in Block.objects.select_for_update().filter(institution_code=scope, lifted_at__isnull=True):
                counting.lift(unit, block, reason="规则停用")
        else:
            Rule.objects.create(institution_code=scope, made_by=actor.name[:60], made_at=unit.now, **figures)
        unit.audit("noshow.rule_set", target=f"institution:{scope}", after=figures)


def _figures(values: dict[str, str]) -> dict[str, int]:
    problems = {
        name: gettext("应为 %(low)s 到 %(high)s 之间的整数。") % {"low": low, "high": high}
        for name, (low, high) in _RANGES.items()
        if not (values[name].strip().isascii() and values[name].strip().isdigit() and low <= int(values[name]) <= high)
    }
    if problems:
        raise InvalidInput(fields=problems)
    return {name: int(value) for name, value in values.items()}


def _reason(text: str) -> str:
    reason = text.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise InvalidInput(
            fields={
                "text": gettext("请写明原因，%(low)s 到 %(high)s 个字。")
                % {"low": SHORTEST_REASON, "high": LONGEST_REASON}
            }
        )
    return reason
