"""Changing what an institution offers. Each function is one unit of work."""

from __future__ import annotations

from collections.abc import Mapping

from hub.actor import Actor
from hub.errors import InvalidInput
from hub.security.permissions import require
from hub.tenancy.models import TenantState
from hub.tenancy.scope import REGION
from hub.work import work
from tenants.registry import rules, selectors
from tenants.registry.errors import UnknownFunction, UnknownInstitution
from tenants.registry.events import FunctionSwitched
from tenants.registry.functions import FUNCTIONS
from tenants.registry.models import Institution, Switch
from tenants.registry.permissions import EDIT, LIFE, SWITCH
from tenants.registry.steps import announce, lead, locked

WORDS_LIMIT = 200


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


def change_rules(*, actor: Actor, institution_code: str, values: Mapping[str, str], reason: str) -> dict[str, int]:
    """Set an institution's booking rules; returns those that changed. They bind the next booking only."""
    require(actor, EDIT)
    wanted, why = rules.read(values), _reason(reason)
    with work(REGION, actor=actor) as unit:
        row = locked(institution_code)
        before = {name: getattr(row, name) for name in wanted}
        changed = {name: value for name, value in wanted.items() if before[name] != value}
        if changed:
            for name, value in changed.items():
                setattr(row, name, value)
            row.updated_at = unit.now
            row.save(update_fields=[*changed, "updated_at"])
            unit.audit(
                "registry.rules_changed",
                target=f"institution:{institution_code}",
                reason=why,
                before={name: before[name] for name in changed},
                after=changed,
                detail={name: [before[name], value] for name, value in changed.items()},
            )
    selectors.forget()
    return changed


def suspend(*, actor: Actor, institution_code: str, words: str, reason: str) -> None:
    """Stop an institution's online services: nothing new is booked, residents read `words`; what is booked stands."""
    require(actor, LIFE)
    notice, why = words.strip(), _reason(reason)
    if not notice or len(notice) > WORDS_LIMIT:
        raise InvalidInput(fields={"words": f"请写给居民看的说明，不超过 {WORDS_LIMIT} 字。"})
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


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInput(fields={"reason": "请填写原因，它会记入审计。"})
    return text.strip()
