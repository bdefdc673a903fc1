"""Closing hospitals' days: confirmed once, carried on by the clock at a bounded pace, paused and resumed.

Each step is a few sessions of one hospital's day: the right to book before others is given in public, the sessions are
stopped in the hospital, what was done is noted in public. A crash between two of them repeats the step, which finds its
rights given and its sessions stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import HubError, InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import REGION, hospital, region
from hub.work import work
from regional_services.booking import rights
from regional_services.closures import selectors
from regional_services.closures.errors import ClosureNotFound, PreviewChanged
from regional_services.closures.models import Closure, ClosureState, ClosureTarget, TargetState
from regional_services.closures.permissions import CLOSE
from tenants.registry import selectors as registry
from tenants.scheduling import selectors as scheduling
from tenants.scheduling import services as schedules
from tenants.scheduling.models import SessionState

CLOCKWORK = system_actor("全区停诊")
PACES = (60, 300, 1200)
LIMIT_DAYS = 14
_REST = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureWish:
    """What the person confirming was shown: `seen` is how many bookings that were."""

    codes: tuple[str, ...]
    days: tuple[date, ...]
    reason: str
    per_minute: int
    rebook_days: int
    seen: int

    def problems(self) -> dict[str, str]:
        """What is wrong with it, by field."""
        found: dict[str, str] = {}
        if not self.codes:
            found["codes"] = "请选择机构。"
        if not self.days or len(self.days) > LIMIT_DAYS or min(self.days) < clock.today():
            found["days"] = f"请选择今天起的日期，最多 {LIMIT_DAYS} 天。"
        if not self.reason.strip():
            found["reason"] = "请填写原因，居民会看到它。"
        if self.per_minute not in PACES:
            found["per_minute"] = "请选择处理速度。"
        if not 0 <= self.rebook_days <= 60:
            found["rebook_days"] = "优先改约天数应在 0 到 60 之间。"
        return found


def close_days(*, actor: Actor, wish: ClosureWish) -> UUID:
    """Begin a closure; its id. InvalidInput, PreviewChanged when more bookings stand by now than were shown."""
    require(actor, CLOSE)
    problems = wish.problems()
    if problems:
        raise InvalidInput(next(iter(problems.values())), fields=problems)
    for code in wish.codes:
        registry.institution(code)
    hits = selectors.preview(wish.codes, wish.days)
    if sum(hit.bookings for hit in hits) > wish.seen:
        raise PreviewChanged
    with work(REGION, actor=actor) as unit:
        row = Closure.objects.create(
            reason=wish.reason.strip()[:60],
            per_minute=wish.per_minute,
            rebook_days=wish.rebook_days,
            made_by=actor.name[:60],
            made_at=unit.now,
            next_at=unit.now,
        )
        known = {(hit.institution_code, hit.day): hit.bookings for hit in hits}
        ClosureTarget.objects.bulk_create(
            [
                ClosureTarget(closure=row, institution_code=code, day=day, expected=known.get((code, day), 0))
                for code in wish.codes
                for day in wish.days
            ]
        )
        unit.audit(
            "closures.begun",
            target=f"closure:{row.id}",
            reason=wish.reason.strip(),
            detail={"hospitals": list(wish.codes), "days": [str(day) for day in wish.days], "bookings": wish.seen},
        )
    return row.id


def pause(*, actor: Actor, closure_id: UUID, resume: bool) -> None:
    """Hold a closure where it is, or let it go on. ClosureNotFound when it is over."""
    require(actor, CLOSE)
    before, after = ClosureState.RUNNING, ClosureState.PAUSED
    if resume:
        before, after = after, before
    with work(REGION, actor=actor) as unit:
        moved = Closure.objects.filter(pk=closure_id, state=before).update(state=after, next_at=unit.now)
        if not moved:
            raise ClosureNotFound("该停诊已完成，或状态刚刚变了。")
        unit.audit(f"closures.{after.value}", target=f"closure:{closure_id}")


def carry_on() -> int:
    """Take the next step of the closure that is due longest; how many bookings it ended. Safe to run twice at once."""
    with region():
        due = (
            Closure.objects.select_for_update(skip_locked=True)
            .filter(state=ClosureState.RUNNING, next_at__lte=clock.now())
            .order_by("next_at")
            .first()
        )
        if due is None:
            return 0
        # Two workers never take the same step: the next one is due only after this one's share of a minute.
        Closure.objects.filter(pk=due.pk).update(next_at=clock.now() + timedelta(minutes=1))
        target = due.targets.exclude(state=TargetState.DONE).order_by("day", "institution_code").first()
    if target is None:
        _finish(due)
        return 0
    return _step(due, target)


def _step(closure: Closure, target: ClosureTarget) -> int:
    batch = max(1, closure.per_minute // 30)
    sessions: Sequence[UUID] = ()
    hit, problem, more = 0, "", True
    try:
        sessions, more = _next_sessions(target, batch)
        if sessions:
            until = target.day + timedelta(days=closure.rebook_days)
            with work(REGION, actor=CLOCKWORK) as unit:
                rights.grant(unit, target.institution_code, list(sessions), until=until)
            hit = schedules.stop_sessions(target.institution_code, sessions, actor=CLOCKWORK, reason=closure.reason)
    except HubError as refusal:
        problem = refusal.text
    _note(closure, target, sessions=len(sessions), hit=hit, done=not more and not problem, problem=problem)
    return hit


def _next_sessions(target: ClosureTarget, batch: int) -> tuple[list[UUID], bool]:
    """Open sessions of the day whose holders together are about a batch, and whether there are more."""
    with hospital(target.institution_code, read_only=True):
        rows = [row for row in scheduling.sessions_between(target.day, target.day) if row.state == SessionState.OPEN]
    chosen: list[UUID] = []
    holders = 0
    for row in rows:
        if chosen and holders + row.total - row.left > batch:
            break
        chosen.append(row.id)
        holders += row.total - row.left
    return chosen, len(chosen) < len(rows)


def _note(closure: Closure, target: ClosureTarget, *, sessions: int, hit: int, done: bool, problem: str) -> None:
    with work(REGION, actor=CLOCKWORK) as unit:
        target.state = TargetState.DONE if done else TargetState.RUNNING
        target.sessions += sessions
        target.bookings += hit
        target.problem = problem[:120]
        target.save(update_fields=["state", "sessions", "bookings", "problem"])
        wait = _REST * 15 if problem else max(_REST, timedelta(minutes=hit / closure.per_minute))
        Closure.objects.filter(pk=closure.pk).update(next_at=unit.now + wait)
        unit.audit(
            "closures.stepped",
            target=f"closure:{closure.id}",
            outcome="failure" if problem else "success",
            reason=problem,
            detail={"hospital": target.institution_code, "day": str(target.day), "sessions": sessions, "bookings": hit},
        )


def _finish(closure: Closure) -> None:
    with work(REGION, actor=CLOCKWORK) as unit:
        Closure.objects.filter(pk=closure.pk, state=ClosureState.RUNNING).update(
            state=ClosureState.DONE, ended_at=unit.now
        )
        unit.audit("closures.done", target=f"closure:{closure.id}")
