"""Heavy work of the journals."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from hub.audit import checks
from hub.tenancy.tasks import RegionTask


@shared_task(base=RegionTask, name="audit.check")  # type: ignore[untyped-decorator]
def check_audit(check_id: str) -> None:
    """Verify the district's audit."""
    checks.carry_out(UUID(check_id))
