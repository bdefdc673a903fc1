"""On the schedule: the platform's users."""

from __future__ import annotations

import logging

from celery import shared_task

from hub.outbox.events import Temporary
from hub.security.keyring import ring
from hub.staff_platform import outside, services
from hub.tenancy.tasks import RegionTask

_log = logging.getLogger(__name__)


@shared_task(base=RegionTask, name="staff_platform.tidy")  # type: ignore[untyped-decorator]
def tidy() -> int:
    """Every night: sign-ins at the platform that were begun long ago."""
    return services.forget_old()


@shared_task(base=RegionTask, name="staff_platform.poll")  # type: ignore[untyped-decorator]
def poll() -> None:
    """Every twenty seconds, whether or not the platform pushes; nothing where none was agreed with."""
    if outside.CLIENT_SECRET not in ring().references():
        return
    try:
        services.synchronise()
    except Temporary:
        _log.warning("the support platform did not answer")
