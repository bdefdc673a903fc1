"""What people do with a hospital's queues, each one unit of work: doctors call, the desk sorts, the clock passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from hub.actor import Actor, ActorKind
from hub.errors import InvalidInput
from hub.security.permissions import require
from hub.work import Unit, work
from tenants.appointments import selectors as appointments
from tenants.appointments.errors import AppointmentNotFound
from tenants.appointments.models import State as AppointmentState
from tenants.queueing import calling, steps
from tenants.queueing.errors import (
    CalledElsewhere,
    EntryNotFound,
    NotCallable,
    NotToday,
    QueueNotFound,
    QueueNotOpen,
)
from tenants.queueing.models import (
    ACTIVE,
    Device,
    DeviceKind,
    Entry,
    EntryState,
    PresentBy,
    Queue,
    QueueState,
    RuleSet,
)
from tenants.queueing.permissions import CALL, CHECK_IN, DEVICES, RULES, TRIAGE
from tenants.queueing.rules import Caller, Priority, Rules
from tenants.queueing.selectors import current_rules

STATION_LIMIT = 60


def call_next(*, actor: Actor, hospital: str, queue_id: UUID, station: str, expected: UUID | None) -> UUID | None:
    """Finish the one inside and call the next; `expected` is whom the page shows inside, None for nobody.

    Raises QueueNotFound, QueueNotOpen, StaleCall, NobodyWaiting, CalledElsewhere.
    """
    with _calling(actor, hospital) as unit:
        queue = _queue(actor, queue_id)
        return calling.call_next(unit, queue, station=_station(station, queue), expected=expected)


def call_one(*, actor: Actor, hospital: str, entry_id: UUID, station: str) -> None:
    """Call one person out of turn; who did so stands in the audit."""
    with _calling(actor, hospital) as unit:
        entry = _entry(actor, entry_id)
        calling.call_one(unit, entry, station=_station(station, entry.queue))
        unit.audit("queueing.called_out_of_turn", target=f"entry:{entry_id}")


def recall(*, actor: Actor, hospital: str, entry_id: UUID) -> None:
    """Cry out again."""
    with _calling(actor, hospital) as unit:
        calling.recall(unit, _entry(actor, entry_id).id)


def answer(*, actor: Actor, hospital: str, entry_id: UUID) -> None:
    """The patient came in."""
    with _calling(actor, hospital) as unit:
        calling.answered(unit, _entry(actor, entry_id).id)


def skip(*, actor: Actor, hospital: str, entry_id: UUID) -> None:
    """Pass the one who was called and did not come."""
    with _calling(actor, hospital) as unit:
        calling.skip(unit, _entry(actor, entry_id).id)


def finish(*, actor: Actor, hospital: str, entry_id: UUID) -> None:
    """The one inside is done; nobody is called."""
    with _calling(actor, hospital) as unit:
        if not steps.finish(unit, _entry(actor, entry_id).id):
            raise NotCallable


def send_away(*, actor: Actor, hospital: str, entry_id: UUID) -> None:
    """The one inside goes to an examination and will come back to this doctor."""
    with _calling(actor, hospital) as unit:
        _move(unit, _entry(actor, entry_id).id, ACTIVE, "queueing.sent_away", state=EntryState.AWAY, station="")


def come_back(*, actor: Actor, hospital: str, entry_id: UUID) -> None:
    """Back from the examination, or back after having been passed: in line again, behind as the rule says."""
    require(actor, TRIAGE)
    with work(hospital, actor=actor) as unit:
        entry = _entry(actor, entry_id)
        if entry.state == EntryState.AWAY:
            behind = entry.queue.turn + current_rules(unit.now).return_places
            _move(unit, entry_id, (EntryState.AWAY,), "queueing.returned", state=EntryState.WAITING, not_before=behind)
        elif entry.state == EntryState.PASSED:
            steps.mark_present(unit, entry, by=PresentBy.DESK)
        else:
            raise NotCallable


def transfer(*, actor: Actor, hospital: str, entry_id: UUID, queue_id: UUID, reason: str) -> None:
    """To another doctor or room: he keeps his booked time and waits in that line."""
    require(actor, TRIAGE)
    if not reason.strip():
        raise InvalidInput("请填写转诊原因。", fields={"reason": "请填写转诊原因。"})
    with work(hospital, actor=actor) as unit:
        entry, target = _entry(actor, entry_id), _queue(actor, queue_id)
        if target.state == QueueState.CLOSED or target.id == entry.queue_id or target.day != entry.queue.day:
            raise QueueNotOpen("不能转到这个队列：它已结束，或就是当前队列。")
        where = (EntryState.WAITING, EntryState.AWAY, EntryState.PASSED, EntryState.CALLED)
        moved = {"queue_id": target.id, "state": EntryState.WAITING, "station": "", "not_before": 0}
        _move(unit, entry_id, where, "queueing.transferred", reason=reason.strip()[:60], **moved)
        steps.changed(unit, target.id)


def set_priority(*, actor: Actor, hospital: str, entry_id: UUID, priority: Priority, reason: str) -> None:
    """Give or take a priority; who did and why stands in the audit."""
    require(actor, TRIAGE)
    if not reason.strip():
        raise InvalidInput("请填写优先原因。", fields={"reason": "请填写优先原因。"})
    with work(hospital, actor=actor) as unit:
        _entry(actor, entry_id)
        where = (EntryState.WAITING, EntryState.AWAY, EntryState.PASSED)
        _move(unit, entry_id, where, "queueing.priority", reason=reason.strip()[:60], priority=priority)


def pause(*, actor: Actor, hospital: str, queue_id: UUID, reason: str) -> None:
    """Nobody is called and the clock stands still until `resume`."""
    require(actor, TRIAGE)
    with work(hospital, actor=actor) as unit:
        _turn_queue(
            unit,
            _queue(actor, queue_id).id,
            QueueState.OPEN,
            QueueState.PAUSED,
            paused_at=unit.now,
            pause_reason=reason.strip()[:60],
        )


def resume(*, actor: Actor, hospital: str, queue_id: UUID) -> None:
    """On with it: the pause made nobody late. Also opens a queue closed by mistake."""
    require(actor, TRIAGE)
    with work(hospital, actor=actor) as unit:
        queue = Queue.objects.select_for_update().filter(id=queue_id).first()
        if queue is None or not actor.sees(queue.department_id):
            raise QueueNotFound
        steps.open_after_pause(unit, queue)
        queue.updated_at = unit.now
        queue.save(update_fields=["state", "held_seconds", "paused_at", "pause_reason", "updated_at"])
        unit.audit("queueing.resumed", target=f"queue:{queue_id}")
        steps.changed(unit, queue_id)


def close(*, actor: Actor, hospital: str, queue_id: UUID) -> None:
    """The session is over: nobody is called any more. Who still waits stays listed, to be transferred."""
    require(actor, TRIAGE)
    with work(hospital, actor=actor) as unit:
        _turn_queue(unit, _queue(actor, queue_id).id, QueueState.OPEN, QueueState.CLOSED)


def check_in_at_desk(*, actor: Actor, hospital: str, booking_id: UUID) -> UUID:
    """The patient stands at the desk: into the queue if he is not yet, and present. His entry's id.

    A fee paid at the window is the desk's to look at, not the hub's. Raises AppointmentNotFound, NotToday.
    """
    require(actor, CHECK_IN)
    with work(hospital, actor=actor) as unit:
        view = appointments.appointment(booking_id)
        if view is None or not actor.sees(view.department_id):
            raise AppointmentNotFound
        if view.state is not AppointmentState.BOOKED or not _is_today(view.visit_date, unit.now):
            raise NotToday
        entry = steps.enter(unit, view, how="desk")
        return steps.mark_present(unit, entry, by=PresentBy.DESK).id


def set_rules(*, actor: Actor, hospital: str, rules: Rules, effective_from: datetime) -> None:
    """New rules from an instant on; not from one that is past. The hub itself may, when it seeds an installation."""
    if actor.kind is not ActorKind.SYSTEM:
        require(actor, RULES)
    with work(hospital, actor=actor) as unit:
        old = current_rules(unit.now)
        RuleSet.objects.create(
            effective_from=max(effective_from, unit.now),
            rules=rules.to_json(),
            made_by=actor.name[:60],
            made_at=unit.now,
        )
        unit.audit(
            "queueing.rules_set",
            target=f"hospital:{hospital}",
            detail={"from": effective_from.isoformat()},
            before=old.to_json(),
            after=rules.to_json(),
        )


def add_device(
    *,
    actor: Actor,
    hospital: str,
    name: str,
    departments: list[UUID],
    sound: bool,
    kind: DeviceKind = DeviceKind.HALL,
) -> UUID:
    """A screen, or a machine to check in at, with a link of its own."""
    require(actor, DEVICES)
    if not name.strip():
        raise InvalidInput("请填写设备名称。", fields={"name": "请填写设备名称，如“三楼候诊大厅”。"})
    with work(hospital, actor=actor) as unit:
        row = Device.objects.create(
            kind=kind,
            name=name.strip()[:40],
            departments=[str(one) for one in departments],
            sound=sound,
            made_by=actor.name[:60],
            made_at=unit.now,
        )
        unit.audit("queueing.device_added", target=f"device:{row.id}", detail={"kind": kind})
        return row.id


def withdraw_device(*, actor: Actor, hospital: str, device_id: UUID) -> None:
    """Its link ends at once."""
    require(actor, DEVICES)
    with work(hospital, actor=actor) as unit:
        Device.objects.filter(id=device_id, withdrawn_at__isnull=True).update(withdrawn_at=unit.now)
        unit.audit("queueing.device_withdrawn", target=f"device:{device_id}")


@contextmanager
def _calling(actor: Actor, hospital: str) -> Iterator[Unit]:
    """A unit of work of somebody who calls; CalledElsewhere where the hospital's own system does."""
    require(actor, CALL)
    with work(hospital, actor=actor) as unit:
        if current_rules(unit.now).caller is not Caller.HUB:
            raise CalledElsewhere
        yield unit


def _is_today(day: object, now: datetime) -> bool:
    return day == steps.day_of(now)


def _queue(actor: Actor, queue_id: UUID) -> Queue:
    found = Queue.objects.filter(id=queue_id).first()
    if found is None or not actor.sees(found.department_id):
        raise QueueNotFound
    return found


def _entry(actor: Actor, entry_id: UUID) -> Entry:
    found = Entry.objects.select_related("queue").filter(id=entry_id).first()
    if found is None or not actor.sees(found.queue.department_id):
        raise EntryNotFound
    return found


def _station(station: str, queue: Queue) -> str:
    chosen = station.strip()[:STATION_LIMIT] or queue.room or queue.doctor_name or queue.department_name
    return chosen[:STATION_LIMIT]


def _move(
    unit: Unit, entry_id: UUID, where: tuple[EntryState, ...], action: str, *, reason: str = "", **values: object
) -> None:
    """One guarded change of an entry; NotCallable when it stands elsewhere by now."""
    entry = Entry.objects.get(id=entry_id)
    moved = Entry.objects.filter(id=entry_id, state__in=where).update(**values, updated_at=unit.now)
    if not moved:
        raise NotCallable
    unit.audit(action, target=f"entry:{entry_id}", reason=reason)
    steps.changed(unit, entry.queue_id)


def _turn_queue(unit: Unit, queue_id: UUID, was: QueueState, to: QueueState, **values: object) -> None:
    turned = Queue.objects.filter(id=queue_id, state=was).update(state=to, **values, updated_at=unit.now)
    if not turned:
        raise QueueNotOpen
    unit.audit(f"queueing.{to}", target=f"queue:{queue_id}")
    steps.changed(unit, queue_id)
