"""Heavy work of the registry: making a hospital's place needs the owner's login, which web and relay do without."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import DistrictTask
from tenants.registry import onboarding


@shared_task(base=DistrictTask, name="registry.carry_on")  # type: ignore[untyped-decorator]
def carry_on(code: str) -> bool:
    """Take the open steps of an institution's joining."""
    return onboarding.carry_on(code)
