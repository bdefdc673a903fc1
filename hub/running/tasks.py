"""On the schedule: signs of life of the workers, the watch over everything, forgetting what is past its time."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from hub import clock
from hub.observability import heartbeat
from hub.recovery import cleanups
from hub.recovery.cleanups import Doomed
from hub.retention.services import before
from hub.running import faults, keeping, usage, watching
from hub.tenancy.scope import REGION
from hub.tenancy.tasks import RegionTask

_LATE = timedelta(seconds=45)


@shared_task(base=RegionTask, name="running.alive")  # type: ignore[untyped-decorator]
def alive(queue: str) -> None:
    """A worker of this queue lives."""
    heartbeat.beat(f"worker.{queue}")


@shared_task(base=RegionTask, name="running.watch")  # type: ignore[untyped-decorator]
def watch() -> None:
    """Every half minute: signs of life asked of every queue, services looked at, scenes and counts taken in."""
    heartbeat.beat("scheduler")
    for queue in watching.queues():
        alive.apply_async(args=[queue], queue=queue, expires=clock.now() + _LATE)
    faults.take_in()
    usage.store()
    watching.watch()


@shared_task(base=RegionTask, name="running.forget")  # type: ignore[untyped-decorator]
def forget() -> None:
    """Every night."""
    for table, rule, column in (
        ("running_fault", keeping.FAULTS, "at"),
        ("running_usage_hour", keeping.USAGE, "hour"),
        ("running_service_span", keeping.SPANS, "until"),
    ):
        old = Doomed(name="running", table=table, condition=f"{column} < {{before}}", before=before(rule))
        while cleanups.clean(REGION, old, actor=faults.WATCH):
            pass
