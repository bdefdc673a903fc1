"""The life of a hospital on the hub as a state machine: which step follows which, and no other."""

from __future__ import annotations

from collections.abc import Mapping

from hub.tenancy.errors import LifeRefused, UnknownHospital
from hub.tenancy.models import Tenant, TenantState

STEPS: Mapping[str, frozenset[str]] = {
    TenantState.JOINING: frozenset({TenantState.LIVE}),
    TenantState.LIVE: frozenset({TenantState.SUSPENDED, TenantState.LEAVING}),
    TenantState.SUSPENDED: frozenset({TenantState.LIVE, TenantState.LEAVING}),
    TenantState.LEAVING: frozenset({TenantState.LEFT}),
    TenantState.LEFT: frozenset(),
}


def move(code: str, to: str) -> str:
    """Lead a hospital on inside an open region scope; returns where it stood. LifeRefused where no step leads there.

    After the commit the caller calls `hub.tenancy.registry.invalidate()`.
    """
    tenant = Tenant.objects.select_for_update().filter(code=code).first()
    if tenant is None:
        raise UnknownHospital(detail={"hospital": code})
    before: str = tenant.state
    if to not in STEPS[before]:
        raise LifeRefused(detail={"hospital": code, "from": before, "to": to})
    tenant.state = to
    tenant.save(update_fields=["state"])
    return before
