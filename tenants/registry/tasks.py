"""Heavy work of the registry: making a hospital's place needs the owner's login, which web and relay do without."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import DistrictTask
from tenants.registry import onboarding, services


@shared_task(base=DistrictTask, name="registry.carry_on")  # type: ignore[untyped-decorator]
def carry_on(code: str) -> bool:
    """Take the open steps of an institution's joining."""
    return onboarding.carry_on(code)


@shared_task(base=DistrictTask, name="registry.sweep")  # type: ignore[untyped-decorator]
def sweep() -> int:
    """Every few seconds: carry on with joinings whose worker died on the way; how many."""
    codes = onboarding.forgotten()
    for code in codes:
        onboarding.carry_on(code)
    return len(codes)


@shared_task(base=DistrictTask, name="registry.apply_rules")  # type: ignore[untyped-decorator]
def apply_rules() -> int:
    """Every half minute: rules whose day has come take effect."""
    return services.apply_due_rules()
