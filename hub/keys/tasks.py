"""Heavy work of keys."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from hub.keys import services
from hub.tenancy.tasks import DistrictTask, RegionTask


@shared_task(base=DistrictTask, name="keys.reencrypt")  # type: ignore[untyped-decorator]
def reencrypt(job_id: str) -> None:
    """Seal what stands under an owner's retired keys again."""
    services.carry_out(UUID(job_id))


@shared_task(base=RegionTask, name="keys.resume")  # type: ignore[untyped-decorator]
def resume() -> None:
    """Every few minutes: jobs whose worker died go on."""
    for job_id in services.forsaken():
        reencrypt.apply_async(args=[str(job_id)])
