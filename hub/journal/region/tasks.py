"""Heavy work of the journals."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from hub.audit import checks
from hub.tenancy.tasks import HospitalTask, RegionTask


@shared_task(base=RegionTask, name="audit.check")  # type: ignore[untyped-decorator]
def check_audit(check_id: str) -> None:
    """Verify the district's audit."""
    checks.carry_out(UUID(check_id))


@shared_task(base=HospitalTask, name="audit.check_hospital")  # type: ignore[untyped-decorator]
def check_hospital_audit(check_id: str, *, hospital: str) -> None:  # noqa: ARG001 - binds the task to it
    """Verify the audit of one hospital, bound to it: another's would be refused."""
    checks.carry_out(UUID(check_id))
