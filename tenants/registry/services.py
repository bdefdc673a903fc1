"""Changing what an institution offers. Each function is one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import InvalidInput, NotFound
from hub.security.permissions import require
from hub.tenancy.models import TenantState
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from tenants.registry import rules, selectors
from tenants.registry.errors import UnknownFunction, UnknownInstitution
from tenants.registry.events import FunctionSwitched
from tenants.registry.functions import FUNCTIONS
from tenants.registry.models import Institution, RuleChange, Switch
from tenants.registry.permissions import EDIT, LIFE, SWITCH
from tenants.registry.steps import announce, lead, locked

WORDS_LIMIT = 200
FARTHEST = timedelta(days=366)
CALENDAR = system_actor("规则生效")


def set_switch(*, actor: Actor, institution_code: str, function: str, is_on: bool, reason: str = "") -> None:
    """Switch a function on or off at one institution; the others are not touched (JA-ORG-02)."""
    require(actor, SWITCH)
    if function not in FUNCTIONS:
        raise UnknownFunction
    with work(REGION, actor=actor) as unit:
        if not Institution.objects.filter(pk=institution_code).exists():
            raise UnknownInstitution
        before = Switch.objects.filter(institution_id=institution_code, function=function).first()
        Switch.objects.update_or_create(
            institution_id=institution_code,
            function=function,
            defaults={"is_on": is_on, "changed_at": unit.now, "changed_by": actor.name, "reason": reason},
        )
        unit.publish(FunctionSwitched(institution_code=institution_code, function=function, is_on=is_on))
        unit.audit(
            "registry.function_switched",
            target=f"institution:{institution_code}",
            reason=reason,
            before={"is_on": before.is_on if before else None},
            after={"is_on": is_on},
            detail={"function": function, "is_on": is_on},
        )
    selectors.forget()


def change_rules(
    *, actor: Actor, institution_code: str, values: Mapping[str, str], reason: str, effective_on: str = ""
) -> dict[str, int]:
    """Set an institution's booking rules, now or from a day on (`effective_on`, ISO); returns those that change.

    They bind bookings made from then on; earlier ones keep the rules they were made under (JA-OPS-12).
    """
    require(actor, EDIT)
    wanted, why, day = rules.read(values), _reason(reason), _effective(effective_on)
    with work(REGION, actor=actor) as unit:
        row = locked(institution_code)
        changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
        if changed:
            change = RuleChange(
                institution=row,
                effective_on=day,
                values=changed,
                reason=why,
                made_by=actor.name[:60],
                made_at=unit.now,
            )
            if day > clock.today():
                change.save()
                unit.audit(
                    "registry.rules_planned",
                    target=f"institution:{institution_code}",
                    reason=why,
                    detail={"effective_on": str(day), **changed},
                )
            else:
                _apply(unit, row, change)
    selectors.forget()
    return changed


def withdraw_rules(*, actor: Actor, institution_code: str, change_id: int) -> None:
    """Take back a change that has not taken effect yet; NotFound for any other."""
    require(actor, EDIT)
    with work(REGION, actor=actor) as unit:
        open_ones = RuleChange.objects.filter(
            pk=change_id, institution_id=institution_code, applied_at__isnull=True, withdrawn_at__isnull=True
        )
        if not open_ones.update(withdrawn_at=unit.now, withdrawn_by=actor.name[:60]):
            raise NotFound
        unit.audit("registry.rules_withdrawn", target=f"institution:{institution_code}", detail={"change": change_id})


def apply_due_rules() -> int:
    """Let the changes whose day has come take effect, oldest first, each in a transaction of its own; how many."""
    with region(read_only=True):
        due = RuleChange.objects.filter(
            effective_on__lte=clock.today(), applied_at__isnull=True, withdrawn_at__isnull=True
        )
        found = list(due.order_by("effective_on", "id").values_list("id", "institution_id"))
    for change_id, code in found:
        with work(REGION, actor=CALENDAR) as unit:
            row = locked(code)
            change = RuleChange.objects.select_for_update().get(pk=change_id)
            if change.applied_at is None and change.withdrawn_at is None:
                _apply(unit, row, change)
            else:
                unit.audit("registry.rules_changed", target=f"institution:{code}", outcome="overtaken")
    if found:
        selectors.forget()
    return len(found)


def _apply(unit: Unit, row: Institution, change: RuleChange) -> None:
    """Write the rules and what they were before, so that any day's rules can be told."""
    values = {name: value for name, value in change.values.items() if getattr(row, name) != value}
    change.before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = unit.now
    row.save(update_fields=[*values, "updated_at"])
    change.applied_at = unit.now
    change.save()
    unit.audit(
        "registry.rules_changed",
        target=f"institution:{row.code}",
        reason=change.reason,
        before=change.before,
        after=values,
        detail={name: [change.before[name], value] for name, value in values.items()},
    )


def suspend(*, actor: Actor, institution_code: str, words: str, reason: str) -> None:
    """Stop an institution's online services: nothing new is booked, residents read `words`; what is booked stands."""
    require(actor, LIFE)
    notice, why = words.strip(), _reason(reason)
    if not notice or len(notice) > WORDS_LIMIT:
        raise InvalidInput(
            fields={"words": gettext("请写给居民看的说明，不超过 %(WORDS_LIMIT)s 字。") % {"WORDS_LIMIT": WORDS_LIMIT}}
        )
    with work(REGION, actor=actor) as unit:
        row = locked(institution_code)
        row.suspension_words, row.updated_at = notice, unit.now
        row.save(update_fields=["suspension_words", "updated_at"])
        lead(unit, institution_code, TenantState.SUSPENDED, reason=why)
    announce()


def resume(*, actor: Actor, institution_code: str, reason: str) -> None:
    """Open a suspended institution again."""
    require(actor, LIFE)
    why = _reason(reason)
    with work(REGION, actor=actor) as unit:
        row = locked(institution_code)
        row.suspension_words, row.updated_at = "", unit.now
        row.save(update_fields=["suspension_words", "updated_at"])
        lead(unit, institution_code, TenantState.LIVE, reason=why, only_from=TenantState.SUSPENDED)
    announce()


def _effective(text: str) -> date:
    if not text.strip():
        return clock.today()
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(fields={"effective_on": "生效日期应为年-月-日。"}) from None
    if not clock.today() <= day <= clock.today() + FARTHEST:
        raise InvalidInput(
            fields={"effective_on": gettext("生效日期应在今天起 %(days)s 天之内。") % {"days": FARTHEST.days}}
        )
    return day


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInput(fields={"reason": "请填写原因，它会记入审计。"})
    return text.strip()
