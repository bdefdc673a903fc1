"""Schedules followed, stopped and added to. Each function is one unit of work of one hospital."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db.models import Max

from hub import clock, ids
from hub.actor import Actor
from hub.errors import Forbidden, InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import hospital as hospital_scope
from hub.work import Unit, work
from institution_connectors.contracts.inbound import ScheduleSnapshot
from institution_connectors.contracts.values import Stop
from tenants.directory import selectors as directory
from tenants.directory.steps import codes_on
from tenants.registry.selectors import institution
from tenants.scheduling import altering, following, releasing
from tenants.scheduling.altering import Change
from tenants.scheduling.authority import authority
from tenants.scheduling.errors import ChangedMeanwhile, RuleNotFound, SessionNotFound, SlotTooLong
from tenants.scheduling.events import SessionChanged
from tenants.scheduling.models import SLOT_LIMIT, Number, ReleaseRule, Session, SessionState
from tenants.scheduling.news import announce
from tenants.scheduling.permissions import ADD_NUMBER, ALTER_SESSION, SET_RELEASE, STOP_SESSION


def apply_snapshot(
    code: str, snapshots: ScheduleSnapshot | Sequence[ScheduleSnapshot], *, actor: Actor, generation: int = 1
) -> int:
    """Make our sessions and numbers those of the HIS; how many sessions were told. Repeating it changes nothing."""
    several = [snapshots] if isinstance(snapshots, ScheduleSnapshot) else list(snapshots)
    with work(code, actor=actor) as unit:
        told = sum(following.follow_snapshot(unit, snapshot, generation=generation) for snapshot in several)
        unit.audit("scheduling.synced", target=f"hospital:{code}", detail={"sessions": told})
        return told


def confirm_unchanged(code: str, department_code: str, day: date, *, actor: Actor) -> int:
    """The HIS was asked and nothing changed: the age of the data starts again; how many sessions."""
    with work(code, actor=actor) as unit:
        codes = codes_on(day, generation=institution(code).his_generation).departments
        rows = Session.objects.filter(department_id=codes[department_code], date=day).order_by("id")
        sessions = list(rows.values_list("id", flat=True))
        Session.objects.filter(id__in=sessions).update(synced_at=unit.now)
        announce(unit, sessions)
        unit.audit("scheduling.confirmed", target=f"hospital:{code}", detail={"sessions": len(sessions)})
        return len(sessions)


def stop_session(code: str, stop: Stop, *, actor: Actor, generation: int = 1) -> tuple[UUID, ...]:
    """Stop a session, whole or from a number or time on; the bookings concerned. SessionNotFound for a stranger."""
    with work(code, actor=actor) as unit:
        holders = following.follow_stop(unit, stop, generation=generation)
        unit.audit(
            "scheduling.session_stopped",
            target=f"session:{stop.schedule_code}",
            detail={"whole": stop.whole, "bookings": len(holders)},
            reason=stop.reason,
        )
        return holders


def stop_own_session(
    *,
    actor: Actor,
    hospital: str,
    session_id: UUID,
    reason: str,
    from_time: datetime | None = None,
    seen: frozenset[UUID] | None = None,
) -> tuple[UUID, ...]:
    """The same decided by a member of the hospital's staff in the hub, from `from_time` on or wholly.

    `seen` are the holders the person confirming was shown; ChangedMeanwhile if others hold numbers by now.
    """
    require(actor, STOP_SESSION)
    with work(hospital, actor=actor) as unit:
        _own(actor, session_id)
        holders = following.stop_numbers(
            unit,
            session_id,
            reason=reason,
            source_at=unit.now,
            whole=from_time is None,
            from_time=from_time,
            here=True,
        )
        if seen is not None and not seen.issuperset(holders):
            raise ChangedMeanwhile
        announce(unit, [session_id])
        unit.audit(
            "scheduling.session_stopped",
            target=f"session:{session_id}",
            detail={"whole": from_time is None, "from": str(from_time or ""), "bookings": len(holders)},
            reason=reason,
        )
        return holders


def stop_sessions(code: str, session_ids: Sequence[UUID], *, actor: Actor, reason: str) -> int:
    """Stop several sessions in one unit, for an act of the district; the bookings concerned."""
    with work(code, actor=actor) as unit:
        hit = sum(
            len(following.stop_numbers(unit, one, reason=reason, source_at=unit.now, here=True))
            for one in sorted(session_ids)
        )
        announce(unit, session_ids)
        unit.audit(
            "scheduling.sessions_stopped",
            target=f"hospital:{code}",
            detail={"sessions": [str(one) for one in session_ids], "bookings": hit},
            reason=reason,
        )
        return hit


def alter_session(
    *,
    actor: Actor,
    hospital: str,
    session_id: UUID,
    change: Change,
    reason: str,
    seen: frozenset[UUID] | None = None,
) -> tuple[UUID, ...]:
    """Substitute, price, room, campus or time, decided in the hub; the bookings that are asked.

    OwnedByHis where the HIS keeps the schedule, SessionNotFound, ChangedMeanwhile.
    """
    require(actor, ALTER_SESSION)
    authority(hospital).require_alter()
    if not change.columns and not change.shift_minutes:
        raise InvalidInput("没有改动。请填写要改的内容。")
    with work(hospital, actor=actor) as unit:
        _own(actor, session_id)
        holders = altering.alter(unit, session_id, change, reason=reason)
        if seen is not None and not seen.issuperset(holders):
            raise ChangedMeanwhile
        unit.audit(
            "scheduling.session_altered",
            target=f"session:{session_id}",
            detail={
                **{name: str(value) for name, value in change.columns.items()},
                "shift_minutes": change.shift_minutes,
                "bookings": len(holders),
            },
            reason=reason,
        )
        return holders


def _own(actor: Actor, session_id: UUID) -> None:
    """SessionNotFound for a session that is not there, or not this member of staff's to see."""
    department = Session.objects.filter(pk=session_id).values_list("department_id", flat=True).first()
    if department is None or not actor.sees(department):
        raise SessionNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWish:
    """A release rule as the form asks for it; without a department it is the hospital's."""

    department_id: UUID | None
    valid_from: date
    days_ahead: int
    hour: time
    window_share: int = 0
    family_share: int = 0
    merge_hours: int = 24

    def problems(self, *, may_share: bool) -> dict[str, str]:
        """What is wrong with it, by field."""
        found: dict[str, str] = {}
        if not 0 <= self.days_ahead <= 60:
            found["days_ahead"] = "提前天数应在 0 到 60 之间。"
        if self.valid_from < clock.today():
            found["valid_from"] = "只能从今天或以后的就诊日期起。"
        if min(self.window_share, self.family_share) < 0 or self.window_share + self.family_share > 100:
            found["window_share"] = "窗口与家庭医生份额合计不能超过 100%。"
        elif not may_share and self.window_share + self.family_share:
            found["window_share"] = "本院号源由医院系统分配，平台不能再分份额。"
        if not 0 <= self.merge_hours <= 240:
            found["merge_hours"] = "合并时间应在就诊前 0 到 240 小时。"
        return found


def set_release_rule(*, actor: Actor, hospital: str, wish: RuleWish) -> int:
    """Make a rule, in place of one of the same department and day; how many sessions it changed."""
    require(actor, SET_RELEASE)
    if wish.department_id is None and not actor.sees_all:
        raise Forbidden("只有查看全院数据的人员才能设定全院放号规则。")
    problems = wish.problems(may_share=authority(hospital).shares)
    if problems:
        raise InvalidInput(next(iter(problems.values())), fields=problems)
    with work(hospital, actor=actor) as unit:
        if wish.department_id and (
            directory.department(wish.department_id) is None or not actor.sees(wish.department_id)
        ):
            raise SessionNotFound("没有这个科室。")
        ReleaseRule.objects.filter(
            department_id=wish.department_id, valid_from=wish.valid_from, ended_at__isnull=True
        ).update(ended_at=unit.now)
        row = ReleaseRule.objects.create(made_by=actor.name[:60], made_at=unit.now, **asdict(wish))
        return _reapply(unit, "scheduling.release_rule_set", row.id, asdict(wish))


def end_release_rule(*, actor: Actor, hospital: str, rule_id: UUID) -> int:
    """Take a rule back: what came before it counts again; how many sessions changed."""
    require(actor, SET_RELEASE)
    with work(hospital, actor=actor) as unit:
        row = ReleaseRule.objects.select_for_update().filter(pk=rule_id, ended_at__isnull=True).first()
        allowed = row is not None and (actor.sees_all if row.department_id is None else actor.sees(row.department_id))
        if row is None or not allowed:
            raise RuleNotFound
        row.ended_at = unit.now
        row.save(update_fields=["ended_at"])
        return _reapply(unit, "scheduling.release_rule_ended", rule_id, {})


def _reapply(unit: Unit, action: str, rule_id: UUID, detail: Mapping[str, object]) -> int:
    changed = releasing.apply(unit)
    announce(unit, changed)
    unit.audit(
        action,
        target=f"release_rule:{rule_id}",
        detail={**{name: str(value) for name, value in detail.items()}, "sessions": len(changed)},
    )
    return len(changed)


def merge_shares(code: str, *, actor: Actor) -> int:
    """Open shares whose time is over to everybody; how many sessions. Called by the clock; cheap when none is due."""
    with hospital_scope(code, read_only=True):
        if not releasing.any_due():
            return 0
    with work(code, actor=actor) as unit:
        merged = releasing.merge_due(unit)
        unit.audit("scheduling.shares_merged", target=f"hospital:{code}", detail={"sessions": merged})
        return merged


def add_number(*, actor: Actor, hospital: str, session_id: UUID, start: datetime, end: datetime, reason: str) -> UUID:
    """An extra number (加号): authorised, audited, and a row like any other."""
    require(actor, ADD_NUMBER)
    authority(hospital).require_extra()
    if not reason.strip():
        raise InvalidInput("请填写加号原因，它会记入审计。", fields={"reason": "请填写加号原因。"})
    if start <= clock.now():
        raise InvalidInput("加号的时间已经过了。")
    if not start < end <= start + SLOT_LIMIT:
        raise SlotTooLong
    with work(hospital, actor=actor) as unit:
        _own(actor, session_id)
        session = Session.objects.select_for_update().filter(pk=session_id, state=SessionState.OPEN).first()
        if session is None:
            raise SessionNotFound
        last = Number.objects.filter(session=session).aggregate(last=Max("sequence"))["last"] or 0
        number = Number.objects.create(
            id=ids.uuid7(),
            session=session,
            sequence=last + 1,
            start=start,
            end=end,
            is_extra=True,
            changed_at=unit.now,
        )
        unit.publish(SessionChanged(hospital=hospital, session_ids=(session_id,)))
        unit.audit("scheduling.number_added", target=f"number:{number.id}", reason=reason)
        return number.id
