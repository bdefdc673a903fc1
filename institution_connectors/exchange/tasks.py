"""On the schedule: polling hospitals that push nothing, probing all, ending the bodies whose time is over."""

from __future__ import annotations

import logging

from celery import shared_task

from hub.recovery import cleanups
from hub.recovery.cleanups import Doomed
from hub.retention.services import before
from hub.tenancy import registry
from hub.tenancy.tasks import HospitalTask, RegionTask
from institution_connectors.catalog import selectors as catalog
from institution_connectors.exchange import keeping, polling, services, subscriptions
from institution_connectors.runtime.pipeline import ACTOR

logger = logging.getLogger(__name__)


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def poll_all() -> None:
    """Send every polled hospital's poll on its way; each is a task of its own, so that a slow one delays no other."""
    for code in _polled():
        poll_hospital.apply_async(kwargs={"hospital": code}, expires=240)


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def poll_visits_all() -> None:
    """The same for what goes on in visits, which people wait for."""
    for code in _polled():
        poll_visits.apply_async(kwargs={"hospital": code}, expires=25)


def _polled() -> list[str]:
    live = set(registry.live_hospitals())
    return [p.hospital for p in catalog.profiles() if p.enabled and p.options.polled and p.hospital in live]


@shared_task(base=HospitalTask)  # type: ignore[untyped-decorator]
def poll_visits(*, hospital: str) -> None:
    """Ask one hospital what went on in its visits."""
    polling.poll_visits(hospital)


@shared_task(base=HospitalTask)  # type: ignore[untyped-decorator]
def poll_hospital(*, hospital: str) -> None:
    """Ask one hospital for its sessions and its stopped ones."""
    polling.poll_schedules(hospital)
    polling.poll_stopped(hospital)


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def probe_all() -> None:
    """Send every hospital's probe on its way."""
    live = set(registry.live_hospitals())
    for profile in catalog.profiles():
        if profile.enabled and profile.hospital in live:
            probe_hospital.apply_async(kwargs={"hospital": profile.hospital}, expires=50)


@shared_task(base=HospitalTask)  # type: ignore[untyped-decorator]
def probe_hospital(*, hospital: str) -> None:
    """Ask one hospital for its time; a clock that is wrong is a warning for its engineers."""
    limit = catalog.profile(hospital).limits.clock_skew_seconds
    found = polling.probe(hospital)
    if found.skew_ms is not None and abs(found.skew_ms) > limit * 1000:
        logger.warning("the clock of a hospital is wrong by %s ms", found.skew_ms, extra={"hospital": hospital})


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def subscribe_all() -> None:
    """Look after the subscriptions of every hospital that is not polled."""
    live = set(registry.live_hospitals())
    for profile in catalog.profiles():
        if profile.enabled and not profile.options.polled and profile.hospital in live:
            subscribe_hospital.apply_async(kwargs={"hospital": profile.hospital}, expires=100)


@shared_task(base=HospitalTask)  # type: ignore[untyped-decorator]
def subscribe_hospital(*, hospital: str) -> None:
    """The same for one; hospitals that push in a way of their own are left as they are."""
    subscriptions.keep(hospital)


@shared_task(base=HospitalTask)  # type: ignore[untyped-decorator]
def recover_hospital(*, hospital: str) -> None:
    """End what a dead process left open."""
    services.recover(hospital)


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def recover_all() -> None:
    """Send every hospital's recovery on its way."""
    for code in registry.live_hospitals():
        recover_hospital.apply_async(kwargs={"hospital": code}, expires=600)


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def end_bodies_all() -> None:
    """Send every hospital's clean-up on its way."""
    for code in registry.live_hospitals():
        end_bodies.apply_async(kwargs={"hospital": code})


@shared_task(base=HospitalTask)  # type: ignore[untyped-decorator]
def end_bodies(*, hospital: str) -> None:
    """Forget message bodies older than their retention; who asked what and when stays."""
    old = Doomed(
        name="exchange",
        table="exchange_message",
        condition="at < {before} AND body IS NOT NULL",
        before=before(keeping.BODIES),
        blank=("body",),
    )
    while cleanups.clean(hospital, old, actor=ACTOR):
        pass
