"""Raise flags, answer them, protect a person, break the glass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hub import clock, redis
from hub.accounts import emergency, integrity
from hub.accounts import selectors as accounts
from hub.accounts.access import own_account
from hub.accounts.models import DISTRICT
from hub.actor import Actor, system_actor
from hub.errors import InvalidInput, NotFound
from hub.observability import metrics
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.vigilance.models import Emergency, Flag, FlagKind, ProtectedPerson
from hub.vigilance.permissions import BREAK_GLASS, PROTECT, VIEW_FLAGS
from hub.work import work

WATCH = system_actor("安全值守")
EMERGENCY_LASTS = timedelta(minutes=30)
SHORTEST_REASON = 6


@dataclass(frozen=True, slots=True)
class Limit:
    """More than `count` in `window` is an alarm."""

    count: int
    window: timedelta


LIMITS = {
    FlagKind.MASS_READ: Limit(100, timedelta(minutes=10)),
    FlagKind.REFUSALS: Limit(20, timedelta(minutes=5)),
    FlagKind.PROBING: Limit(30, timedelta(minutes=5)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagView:
    """A flag as its reader sees it."""

    id: UUID
    kind: FlagKind
    actor_id: UUID
    actor_name: str
    target: str
    detail: str
    raised_at: datetime
    seen_at: datetime | None
    seen_by: str
    note: str


def look_at(*, hospital: str, actor_id: UUID, actor_name: str, target: str, person_id: UUID, name: str) -> None:
    """Somebody opened a record: flags for his own, a colleague's, a protected person's; an alarm for very many.

    Staff are known here by name alone: two people of one name raise a flag that the administrator answers in a minute.
    """
    staff = {row.user.display_name for row in accounts.staff_of(hospital)}
    if name == actor_name:
        _raise(hospital, FlagKind.OWN_RECORD, actor_id, actor_name, target)
    elif name in staff:
        _raise(hospital, FlagKind.COLLEAGUE, actor_id, actor_name, target)
    with region(read_only=True):
        protected = ProtectedPerson.objects.filter(institution_code=hospital, person_id=person_id).exists()
    if protected:
        _raise(hospital, FlagKind.PROTECTED, actor_id, actor_name, target)
    count(FlagKind.MASS_READ, institution=hospital, actor_id=actor_id, actor_name=actor_name)


def count(kind: FlagKind, *, institution: str, actor_id: UUID, actor_name: str) -> None:
    """One more of something that is an alarm when there are many; Redis counts, the first above the limit is kept."""
    limit = LIMITS[kind]
    bucket = int(clock.now().timestamp() // limit.window.total_seconds())
    store, key = redis.client(), redis.key("vigilance", kind, str(actor_id), str(bucket))
    with store.pipeline() as pipe:
        pipe.incr(key)
        pipe.expire(key, int(limit.window.total_seconds()))
        counted, _ = pipe.execute()
    if counted == limit.count + 1:
        minutes = int(limit.window.total_seconds() // 60)
        _raise(
            institution, kind, actor_id, actor_name, f"window:{bucket}", detail=f"{minutes} 分钟内超过 {limit.count} 次"
        )


def verify_access() -> int:
    """Look at every role and data scope; flags for what was written past the hub, where it is said to hold. How many.

    The flag is one a day for each row, until the administrator takes the role back and gives it anew.
    """
    found = list(integrity.altered())
    for one in found:
        _raise(
            one.institution_code,
            FlagKind.TAMPERED,
            one.user_id,
            one.user_name,
            f"{one.table}:{one.row_id}",
            detail=one.says,
        )
    return len(found)


def _raise(institution: str, kind: FlagKind, actor_id: UUID, actor_name: str, target: str, *, detail: str = "") -> None:
    key = f"{institution}:{kind}:{actor_id}:{target}:{clock.today().isoformat()}"
    with work(REGION, actor=WATCH) as unit:
        _, is_new = Flag.objects.get_or_create(
            key=key,
            defaults={
                "institution_code": institution,
                "kind": kind,
                "actor_id": actor_id,
                "actor_name": actor_name,
                "target": target,
                "detail": detail,
                "raised_at": unit.now,
            },
        )
        unit.audit(
            "security.flag_raised" if is_new else "security.flag_repeated",
            target=target,
            detail={"kind": kind, "institution": institution, "actor": str(actor_id)},
        )
    if is_new:
        metrics.security_flags_total.labels(kind).inc()


def flags(*, actor: Actor, open_only: bool = False, before: datetime | None = None, limit: int = 50) -> list[FlagView]:
    """The flags of the actor's own place, newest first. One query."""
    require(actor, VIEW_FLAGS)
    with region(read_only=True):
        rows = Flag.objects.filter(institution_code=actor.institution or DISTRICT)
        if open_only:
            rows = rows.filter(seen_at__isnull=True)
        if before is not None:
            rows = rows.filter(raised_at__lt=before)
        return [_view(row) for row in rows.order_by("-raised_at")[:limit]]


def answer(*, actor: Actor, flag_id: UUID, note: str) -> None:
    """Say what came of it; nobody answers a flag about himself."""
    require(actor, VIEW_FLAGS)
    if not note:
        raise InvalidInput("请写明处理结果。")
    with work(REGION, actor=actor) as unit:
        row = (
            Flag.objects.select_for_update().filter(id=flag_id, institution_code=actor.institution or DISTRICT).first()
        )
        if row is None or row.actor_id == actor.id:
            raise NotFound
        row.seen_at, row.seen_by, row.note = unit.now, actor.name, note[:300]
        row.save(update_fields=["seen_at", "seen_by", "note"])
        unit.audit("security.flag_answered", target=f"flag:{row.id}", reason=row.note)


def protect(*, actor: Actor, person_id: UUID, reason: str) -> None:
    """Have every look at this person's record told to the security administrator of the actor's hospital."""
    require(actor, PROTECT)
    if actor.institution is None or not reason:
        raise InvalidInput("请写明原因。")
    with work(REGION, actor=actor) as unit:
        ProtectedPerson.objects.get_or_create(
            institution_code=actor.institution, person_id=person_id, defaults={"reason": reason[:200]}
        )
        unit.audit("security.person_protected", target=f"person:{person_id}", reason=reason[:200])


def break_glass(*, actor: Actor, reason: str) -> datetime:
    """Take the emergency's permissions for half an hour; until when. The administrator is told at once."""
    require(actor, BREAK_GLASS)
    if actor.institution is None or len(reason) < SHORTEST_REASON:
        raise InvalidInput("请写明紧急情况（至少 6 个字）。")
    account_id = own_account(actor)
    with work(REGION, actor=actor) as unit:
        row = Emergency.objects.create(
            institution_code=actor.institution,
            account_id=account_id,
            actor_name=actor.name,
            reason=reason[:300],
            started_at=unit.now,
            ends_at=unit.now + EMERGENCY_LASTS,
        )
        Flag.objects.create(
            key=f"emergency:{row.id}",
            institution_code=actor.institution,
            kind=FlagKind.BREAK_GLASS,
            actor_id=account_id,
            actor_name=actor.name,
            target=f"emergency:{row.id}",
            detail=reason[:300],
            raised_at=unit.now,
        )
        unit.audit("break_glass.opened", target=f"emergency:{row.id}", reason=reason[:300])
    metrics.security_flags_total.labels(FlagKind.BREAK_GLASS).inc()
    emergency.open_for(account_id, actor.institution, EMERGENCY_LASTS)
    return unit.now + EMERGENCY_LASTS


def _view(row: Flag) -> FlagView:
    return FlagView(
        id=row.id,
        kind=FlagKind(row.kind),
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        target=row.target,
        detail=row.detail,
        raised_at=row.raised_at,
        seen_at=row.seen_at,
        seen_by=row.seen_by,
        note=row.note,
    )
