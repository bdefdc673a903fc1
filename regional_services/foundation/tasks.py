"""What the schedule does."""

from __future__ import annotations

import logging

from celery import shared_task

from hub.tenancy.errors import HospitalClosed, UnknownHospital
from hub.tenancy.tasks import RegionTask
from regional_services.foundation import collecting, line, outside, sending
from tenants.registry import selectors as registry

logger = logging.getLogger(__name__)


@shared_task(base=RegionTask, name="foundation.compare")  # type: ignore[untyped-decorator]
def compare() -> int:
    """Every hour: master data the foundation was not told of, and a line nobody is at; how many records.

    It is also what tells everything to a foundation that was configured today.
    """
    if not outside.is_configured():
        return 0
    changed = 0
    for view in registry.institutions():
        try:
            changed += collecting.collect_master(view.code)
        except (HospitalClosed, UnknownHospital):
            logger.info("left for later: the hospital can't be read now", extra={"hospital": view.code})
    line.wake_forgotten()
    return changed


@shared_task(base=RegionTask, name="foundation.tidy")  # type: ignore[untyped-decorator]
def tidy() -> int:
    """Each night: what the foundation has had for long goes; how many."""
    return sending.tidy()
