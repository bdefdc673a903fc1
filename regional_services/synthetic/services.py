"""Writes of the synthetic resident: what is due, what was met, pausing, forgetting."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import InvalidInput, NotFound
from hub.recovery import cleanups
from hub.recovery.cleanups import Doomed
from hub.security.permissions import require
from hub.sse import topics
from hub.synthetic import NAME
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.identity import steps as identity
from regional_services.synthetic.models import (
    SERVICE_OF,
    Service,
    SyntheticDay,
    SyntheticRun,
    SyntheticState,
)
from regional_services.synthetic.permissions import PAUSE
from regional_services.synthetic.plans import visited
from regional_services.synthetic.visit import Visit

ACTOR = system_actor(NAME)
RUN_DAYS = 35
AGAIN_AFTER = timedelta(seconds=60)  # a failure is looked at again soon: it is an alarm, or it was nothing
SETTLE = timedelta(minutes=2)  # a hospital that has just come is still telling its schedules
LEASE = timedelta(minutes=8)  # longer than any visit; a process that died loses its hospitals after this


def keep_up() -> list[str]:
    """Make every hospital it goes to known: a row and a person; the hospitals that are new."""
    with region(read_only=True):
        known = set(SyntheticState.objects.values_list("institution_code", flat=True))
    new = [code for code in visited() if code not in known]
    if new:
        with work(REGION, actor=ACTOR) as unit:
            for code in new:
                identity.keep_synthetic_person(unit, code)
            rows = [SyntheticState(institution_code=code, due_at=unit.now + SETTLE + _spread(code)) for code in new]
            SyntheticState.objects.bulk_create(rows, ignore_conflicts=True)
            unit.audit("synthetic.hospitals_added", target="synthetic", detail={"count": len(new)})
    return new


def claim_due(limit: int) -> list[str]:
    """Take up to `limit` hospitals whose time has come; no other process gets them before the lease is over."""
    going = visited()
    with work(REGION, actor=ACTOR) as unit:
        rows = SyntheticState.objects.select_for_update(skip_locked=True)
        due = rows.filter(institution_code__in=going, due_at__lte=unit.now, paused_at__isnull=True)
        codes = [row.institution_code for row in due.order_by("due_at")[:limit]]
        if codes:
            SyntheticState.objects.filter(institution_code__in=codes).update(due_at=unit.now + LEASE)
            unit.audit("synthetic.claimed", target="synthetic", detail={"hospitals": codes})
    return codes


def record(visit: Visit, *, started_at: datetime) -> None:
    """Store what a visit met; the cockpit is told."""
    code, failed = visit.plan.hospital, visit.failed
    with work(REGION, actor=ACTOR) as unit:
        state = SyntheticState.objects.select_for_update().get(institution_code=code)
        SyntheticRun.objects.create(
            institution_code=code,
            started_at=started_at,
            ended_at=unit.now,
            depth=visit.plan.depth,
            ok=failed is None,
            failed_step=failed.name if failed else "",
            reason=failed.problem if failed else "",
            steps=[{"name": step.name, "ms": step.ms, "problem": step.problem} for step in visit.steps],
        )
        _add_up(visit, since=_counted_from(state, started_at), now=unit.now)
        _settle(state, visit, started_at=started_at, now=unit.now)
        unit.audit(
            "synthetic.recorded",
            target=f"hospital:{code}",
            outcome="success" if failed is None else "failure",
            reason=failed.problem if failed else "",
        )
        unit.tell(topics.DISTRICT_SCREEN, "hospitals")


def pause(*, actor: Actor, code: str, reason: str) -> None:
    """Stop visiting a hospital until somebody resumes; a reason is asked for and kept."""
    require(actor, PAUSE)
    if not reason.strip():
        raise InvalidInput(fields={"reason": "请填写暂停的原因。"})
    _switch(actor, code, "synthetic.paused", reason.strip())


def resume(*, actor: Actor, code: str) -> None:
    """Visit again, at once."""
    require(actor, PAUSE)
    _switch(actor, code, "synthetic.resumed", "")


def tidy() -> int:
    """Forget runs older than `RUN_DAYS`; how many. The figures by day stay."""
    before = clock.now() - timedelta(days=RUN_DAYS)
    runs = Doomed(
        name="synthetic", table="synthetic_run", condition="started_at < {before}", before=before, kept="spent"
    )
    [gone] = cleanups.clean_out(REGION, [runs], actor=ACTOR)
    return gone


def _switch(actor: Actor, code: str, action: str, reason: str) -> None:
    paused = action == "synthetic.paused"
    with work(REGION, actor=actor) as unit:
        changed = SyntheticState.objects.filter(institution_code=code).update(
            paused_at=unit.now if paused else None,
            paused_by=actor.name if paused else "",
            paused_reason=reason,
            due_at=unit.now,
        )
        if not changed:
            raise NotFound
        unit.audit(action, target=f"hospital:{code}", reason=reason)
        unit.tell(topics.DISTRICT_SCREEN, "hospitals")


def _spread(code: str) -> timedelta:
    """Each hospital has its own moment within the interval, so that they are not all visited at once."""
    digest = int.from_bytes(hashlib.sha256(code.encode()).digest()[:4], "big")
    return timedelta(seconds=digest % max(1, settings.HUB_SYNTHETIC["seconds"]))


def _counted_from(state: SyntheticState, started_at: datetime) -> datetime:
    """Since when a failure counts: the visit before, or two intervals when there was a longer silence."""
    longest = timedelta(seconds=2 * settings.HUB_SYNTHETIC["seconds"])
    return max(state.ran_at, started_at - longest) if state.ran_at else started_at


def _settle(state: SyntheticState, visit: Visit, *, started_at: datetime, now: datetime) -> None:
    failed = visit.failed
    if state.ok is None or state.ok != (failed is None):
        state.since = started_at
    state.ok, state.ran_at, state.depth = failed is None, now, visit.plan.depth
    state.failures = state.failures + 1 if failed else 0
    state.failed_step, state.reason = (failed.name, failed.problem) if failed else ("", "")
    state.duration_ms = sum(step.ms for step in visit.steps)
    interval = timedelta(seconds=settings.HUB_SYNTHETIC["seconds"])
    state.due_at = now + min(AGAIN_AFTER, interval) if failed and state.failures == 1 else started_at + interval
    state.save()


def _add_up(visit: Visit, *, since: datetime, now: datetime) -> None:
    tried: Iterable[Service] = {SERVICE_OF[step.name] for step in visit.steps}
    down = SERVICE_OF[visit.failed.name] if visit.failed else None
    for service in tried:
        row, _made = SyntheticDay.objects.get_or_create(
            day=clock.local(now).date(), institution_code=visit.plan.hospital, service=service
        )
        lost = round((now - since).total_seconds()) if service == down else 0
        SyntheticDay.objects.filter(pk=row.pk).update(
            runs=F("runs") + 1, failed=F("failed") + int(service == down), down_seconds=F("down_seconds") + lost
        )
