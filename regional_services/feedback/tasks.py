"""Scheduled work of feedback."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.feedback import deadlines, tidying


@shared_task(base=RegionTask, name="feedback.escalate")  # type: ignore[untyped-decorator]
def escalate() -> int:
    """Every five minutes: what nobody answered in time."""
    return deadlines.escalate()


@shared_task(base=RegionTask, name="feedback.tidy")  # type: ignore[untyped-decorator]
def tidy() -> int:
    """Every night: photographs whose feedback was never stored."""
    return tidying.tidy()
