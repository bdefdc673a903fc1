"""Asking hospitals that tell nothing of their own accord, and looking how all of them are.

A poll becomes the same message a pushing hospital would have sent, so that everything above knows one way only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from redis import RedisError

from hub import clock, ids, redis
from hub.tenancy import registry
from hub.tenancy.scope import hospital
from hub.work import work
from institution_connectors.catalog import selectors as catalog
from institution_connectors.contracts import (
    ConfirmVisitEvents,
    Direction,
    Fact,
    Inbound,
    ListNumbers,
    ListSchedules,
    ListStopped,
    ListVisitEvents,
    Number,
    Numbers,
    Operation,
    Outcome,
    Ping,
    Pong,
    Schedule,
    Schedules,
    ScheduleSnapshot,
    ScheduleState,
    SessionStopped,
    Stops,
    VisitReport,
    VisitReports,
    Wire,
    encode,
)
from institution_connectors.exchange import inbound, models
from institution_connectors.exchange.models import Probe
from institution_connectors.exchange.services import ask_now
from institution_connectors.runtime import metrics
from institution_connectors.runtime.pipeline import ACTOR, call_those_who_wait

DAYS = 14
_SEEN_SECONDS = 3600
_VISIT = "visit_event"
_FIRST_LOOK = timedelta(days=1)
_OVERLAP = timedelta(minutes=15)  # more than a clock may be wrong, and than a step may be noted late


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll found: sessions asked about, those whose numbers were read, whether something was told."""

    sessions: int
    read: int
    told: bool


def poll_schedules(
    code: str, *, first_day: date | None = None, last_day: date | None = None, department_code: str = ""
) -> Polled:
    """Ask for the sessions of a span of days (all that are on sale, if none is given) and tell what changed.

    Numbers are read only of sessions that look different from the last time. Whole spans of all departments are told
    as complete, so that sessions that vanished are withdrawn; nothing is told when the hospital's lists don't add up.
    """
    first = first_day or clock.today()
    last = last_day or first + timedelta(days=DAYS - 1)
    asked_at = clock.now()
    asked = ListSchedules(first_day=first, last_day=last, department_code=department_code)
    answer = ask_now(code, asked, correlation="poll")
    if answer.outcome is not Outcome.ACCEPTED:
        return Polled(0, 0, told=False)
    schedules = answer.expect(Schedules).schedules
    changed = _changed(code, schedules, scope=f"{first}:{last}:{department_code}")
    if not changed:
        return Polled(len(schedules), 0, told=False)
    numbers: list[Number] = []
    read: list[str] = []
    for schedule in schedules:
        if schedule.code in changed and schedule.state is ScheduleState.OPEN:
            listed = ask_now(code, ListNumbers(schedule_code=schedule.code), correlation="poll")
            if listed.outcome is Outcome.ACCEPTED:
                numbers += listed.expect(Numbers).numbers
                read.append(schedule.code)
    snapshot = ScheduleSnapshot(
        occurred_at=asked_at,
        snapshot_id=ids.uuid7().hex,
        first_day=first,
        last_day=last,
        schedules=schedules,
        numbers=tuple(numbers),
        sessions_with_numbers=tuple(read),
        complete=not department_code,
    )
    _tell(code, "schedule_snapshot", snapshot.snapshot_id, snapshot)
    _remember(code, {schedule.code: _mark(schedule) for schedule in schedules if _is_read(schedule, read)})
    return Polled(len(schedules), len(read), told=True)


def poll_stopped(code: str) -> int:
    """Ask for stopped sessions of the days on sale; how many were new."""
    if not catalog.can(code, Operation.LIST_STOPPED):
        return 0
    first = clock.today()
    answer = ask_now(code, ListStopped(first_day=first, last_day=first + timedelta(days=DAYS - 1)), correlation="poll")
    if answer.outcome is not Outcome.ACCEPTED:
        return 0
    told = 0
    for stop in answer.expect(Stops).stops:
        fact = SessionStopped(occurred_at=stop.decided_at or clock.now(), stop=stop)
        mark = f"stop:{stop.schedule_code}:{stop.from_sequence or 0}:{stop.decided_at}"
        told += not _tell(code, "session_stopped", hashlib.sha256(mark.encode()).hexdigest()[:40], fact).repeated
    return told


def poll_visits(code: str) -> int:
    """Ask for the steps of visits since the last ones known; how many were new.

    What is known is what the inbox holds, so that a restored hospital asks again from where it fell back to, and a HIS
    restored from yesterday, which counts its events anew, is not taken to repeat itself. A hospital that marks what we
    hold is told so when it is in the inbox, never before; unheard, it tells the same again, which is no news.
    """
    if not catalog.can(code, Operation.LIST_VISIT_EVENTS):
        return 0
    with hospital(code, read_only=True):
        last = models.Inbound.objects.filter(kind=_VISIT).order_by("-received_at").first()
        since = last.received_at - _OVERLAP if last else clock.now() - _FIRST_LOOK
        asked = ListVisitEvents(since=since)
    answer = ask_now(code, asked, correlation="poll")
    if answer.outcome is not Outcome.ACCEPTED:
        return 0
    reports = {_visit_mark(report): report for report in answer.expect(VisitReports).reports}
    with hospital(code, read_only=True):
        known = models.Inbound.objects.filter(source=f"poll:{code}", message_id__in=reports)
        told = set(known.values_list("message_id", flat=True))
    new = [(mark, report) for mark, report in reports.items() if mark not in told]
    for mark, report in new:
        _tell(code, _VISIT, mark, report.fact)
    if new and catalog.can(code, Operation.CONFIRM_VISIT_EVENTS):
        held = tuple(report.event_number for report in reports.values())
        ask_now(code, ConfirmVisitEvents(event_numbers=held), correlation="poll")
    return len(new)


def _visit_mark(report: VisitReport) -> str:
    content = json.dumps([report.event_number, encode(report.fact)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:40]


def probe(code: str) -> Probe:
    """Ask the hospital for its time and store how it did; if it was away the last time, call those who wait for it."""
    started = clock.now()
    answer = ask_now(code, Ping(), correlation="probe")
    ended = clock.now()
    latency, skew = round((ended - started).total_seconds() * 1000), None
    if answer.outcome is Outcome.ACCEPTED:
        middle = started + (ended - started) / 2
        skew = round((answer.expect(Pong).his_time - middle).total_seconds() * 1000)
        metrics.SKEW.labels(code).set(skew / 1000)
    with work(code, actor=ACTOR) as unit:
        last = Probe.objects.order_by("-at").first()
        made = Probe.objects.create(at=ended, reason=answer.reason, latency_ms=latency, skew_ms=skew)
        unit.audit("connector.probed", target=f"connector:{code}", reason=answer.reason, detail={"skew_ms": skew})
    if skew is not None and last is not None and last.skew_ms is None:
        call_those_who_wait(code)
    return made


def _tell(code: str, kind: str, message_id: str, fact: Fact) -> inbound.Receipt:
    """As if the hospital had sent it."""
    message = Inbound(source=f"poll:{code}", incarnation="1", message_id=message_id, kind=kind, facts=(fact,))
    body = json.dumps({"kind": kind, "message_id": message_id}).encode()
    wire = Wire(direction=Direction.RECEIVED, at=clock.now(), body=body, content_type="application/json")
    return inbound.receive(code, message, wire)


def _changed(code: str, schedules: tuple[Schedule, ...], *, scope: str) -> set[str]:
    """Sessions that differ from what was told last; also all when one that was known is gone."""
    marks = {schedule.code: _mark(schedule) for schedule in schedules}
    seen = _seen(code)
    differ = {schedule_code for schedule_code, mark in marks.items() if seen.get(schedule_code) != mark}
    whole = hashlib.sha256("|".join(sorted(marks)).encode()).hexdigest()
    try:
        gone = redis.client().getset(name := _name(code, scope), whole) not in (None, whole)
        redis.client().expire(name, _SEEN_SECONDS)
    except RedisError:
        gone = True
    return differ or (set(list(marks)[:1]) if gone else set())


def _is_read(schedule: Schedule, read: list[str]) -> bool:
    return schedule.code in read or schedule.state is not ScheduleState.OPEN


def _mark(schedule: Schedule) -> str:
    content: dict[str, Any] = encode(schedule)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _name(code: str, *more: str) -> str:
    """Where the marks are kept: a schema restored or moved begins anew, it may know less than was told before."""
    return redis.key("polled", code, f"i{registry.tenant(code).incarnation}", *more)


def _seen(code: str) -> dict[str, str]:
    try:
        found = redis.client().hgetall(_name(code))
    except RedisError:
        return {}
    return {str(name): str(mark) for name, mark in dict(found).items()}


def _remember(code: str, marks: dict[str, str]) -> None:
    if not marks:
        return
    try:
        name = _name(code)
        redis.client().hset(name, mapping=cast(Mapping[Any, Any], marks))
        redis.client().expire(name, _SEEN_SECONDS)
    except RedisError:
        return


def forget(code: str) -> None:
    """Tell everything anew at the next poll: what was told before is not there any more."""
    try:
        named = redis.key("polled", code)
        redis.client().delete(named, *redis.client().scan_iter(f"{named}:*"))
    except RedisError:
        return
