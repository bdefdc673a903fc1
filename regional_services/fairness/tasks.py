"""The clock of fairness."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.fairness import noting


@shared_task(base=RegionTask, name="fairness.repeat")  # type: ignore[untyped-decorator]
def repeat_rules() -> int:
    """Every minute: the door hears rules and decisions again; how many decisions stand."""
    return noting.repeat()


@shared_task(base=RegionTask, name="fairness.forget")  # type: ignore[untyped-decorator]
def forget_patterns() -> int:
    """Each night: patterns of half a year ago go; how many."""
    return noting.forget_old()
