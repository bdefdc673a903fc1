"""On the schedule, by the workers that hold the owner's and the backup login (queue `institutions`)."""

from __future__ import annotations

import logging

from celery import shared_task

from hub.actor import system_actor
from hub.errors import HubError
from hub.recovery import cleanups, cluster, hospitals, records, stored_objects
from hub.tenancy import registry
from hub.tenancy.models import TenantState
from hub.tenancy.tasks import DistrictTask, HospitalTask

logger = logging.getLogger(__name__)

ACTOR = system_actor("自动备份")


@shared_task(base=DistrictTask, name="recovery.nightly")  # type: ignore[untyped-decorator]
def nightly() -> None:
    """Everything once a night; one part that fails is recorded as failed and keeps no other from its turn."""
    for part in (cluster.backup_all, stored_objects.backup_objects):
        try:
            part(actor=ACTOR)
        except HubError as problem:
            logger.warning("a part of the nightly backup failed", extra={"failure": problem.text})
    for info in registry.hospitals():
        if info.state != TenantState.JOINING:
            one_hospital.apply_async(kwargs={"hospital": info.code})
    records.prune(actor=ACTOR)
    cluster.prune_wal()
    cleanups.expire(actor=ACTOR)


@shared_task(name="recovery.one_hospital", base=HospitalTask)  # type: ignore[untyped-decorator]
def one_hospital(*, hospital: str) -> None:
    """One hospital's own backup."""
    hospitals.backup_hospital(hospital, actor=ACTOR)
