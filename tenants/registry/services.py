"""Changing what an institution offers. Each function is one unit of work."""

from __future__ import annotations

from hub.actor import Actor
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import work
from tenants.registry import selectors
from tenants.registry.errors import UnknownFunction, UnknownInstitution
from tenants.registry.events import FunctionSwitched
from tenants.registry.functions import FUNCTIONS
from tenants.registry.models import Institution, Switch
from tenants.registry.permissions import SWITCH


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
