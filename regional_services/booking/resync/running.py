"""A run from its start to the opening of the hospital: batches of bookings, a cursor behind each, nothing done twice.

Reads of both worlds come first, then one unit of work in the hospital, then one in the district that also moves the
cursor. A crash in between repeats the batch: what stands is found standing, and asks carry the run in their key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from hub import clock
from hub.actor import Actor
from hub.ids import domain_number
from hub.outbox import wake
from hub.outbox.models import Lane
from hub.tenancy import repair
from hub.tenancy.scope import REGION, hospital, region
from hub.work import Unit, work
from institution_connectors.exchange import polling
from regional_services.booking.errors import ResyncUnknown
from regional_services.booking.models import Booking, Cause, Outcome, ResyncRun, ResyncState
from regional_services.booking.resync import comparing, his, noting
from regional_services.booking.resync.noting import ACTOR, CLAIM, Item
from regional_services.booking.verify import verify_hospital
from regional_services.catalog import projection
from regional_services.payments import steps as payment_steps
from regional_services.payments.verification import differences
from tenants.appointments import resync as appointments
from tenants.registry import selectors as registry

BEFORE = timedelta(minutes=10)  # what was on its way when the backup was taken
NOT_LISTED = "医院系统不能列出登记：只与平台核对过，医院系统里的登记请人工核对。"
Report = Callable[[str], None]


def start(code: str, *, cause: Cause, since: datetime, actor: Actor) -> UUID:
    """Close the hospital and begin a run; one that is under way is taken up instead. The run's id."""
    with work(REGION, actor=actor) as unit:
        return begin(unit, code, cause=cause, since=since)


def begin(unit: Unit, code: str, *, cause: Cause, since: datetime) -> UUID:
    """The same inside somebody's public unit."""
    repair.close(code, repair.RESYNC)
    run = ResyncRun.objects.filter(institution_code=code).exclude(state=ResyncState.DONE).first()
    if run is None:
        run = ResyncRun.objects.create(
            institution_code=code, cause=cause, since=since - BEFORE, asked_by=unit.actor.name, started_at=unit.now
        )
    unit.audit("resync.started", target=f"resync:{run.id}", detail={"hospital": code, "cause": run.cause})
    transaction.on_commit(_tell_all, using="default")
    return run.id


def _tell_all() -> None:
    repair.announce()
    registry.forget()


def carry_on(run_id: UUID, *, report: Report = lambda _line: None) -> ResyncState:
    """Take a run to its end, or to where the hospital's own system must answer first."""
    with region(read_only=True):
        run = ResyncRun.objects.filter(pk=run_id).first()
    if run is None:
        raise ResyncUnknown
    if run.state == ResyncState.DONE:
        return ResyncState.DONE
    code = run.institution_code
    if not _claim(run):
        report("另一个进程正在核对该机构")
        return ResyncState.RUNNING
    repair.heard()
    with repair.inside(code):
        try:
            books = his.books(code, first_day=clock.today(), last_day=_last_day(code))
            his.follow_new_sessions(code)
        except his.Unreachable as problem:
            _wait(run, str(problem))
            report(f"医院系统没有答复，核对停在原处：{problem}")
            return ResyncState.WAITING
        _bookings(run, books, report)
        _strays(run, books)
        _money(run)
    _open(run, books, report)
    projection.rebuild(code)
    return ResyncState.DONE


def due() -> list[UUID]:
    """Runs nobody is at, oldest first: for the schedule. One query."""
    with region(read_only=True):
        rows = ResyncRun.objects.exclude(state=ResyncState.DONE).filter(_unclaimed()).order_by("started_at")
        return list(rows.values_list("id", flat=True))


def _unclaimed() -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lt=clock.now())


def _claim(run: ResyncRun) -> bool:
    """One process at a time; one that died is followed by another when its claim has run out."""
    with work(REGION, actor=ACTOR) as unit:
        claimed = ResyncRun.objects.filter(_unclaimed(), pk=run.pk).update(claimed_until=unit.now + CLAIM)
        unit.audit("resync.claimed", target=f"resync:{run.id}", outcome="success" if claimed else "refused")
    return claimed == 1


def _last_day(code: str) -> date:
    with region(read_only=True):
        last = (
            Booking.objects.filter(institution_code=code).order_by("-visit_date").values_list("visit_date", flat=True)
        )
        return max(last.first() or clock.today(), clock.today())


def _bookings(run: ResyncRun, books: appointments.Books, report: Report) -> None:
    with region(read_only=True):
        run.expected = Booking.objects.filter(comparing.relevant(run)).count()
    while batch := comparing.read_batch(run):
        compared = comparing.compare(run, batch)
        places = comparing.find_numbers(run, compared, books)
        comparing.replace_numbers(compared, places)
        with work(run.institution_code, actor=ACTOR) as unit:
            done = appointments.bring_in_step(unit, comparing.for_hospital(run, compared, books))
        noting.note(run, compared, done, places)
        report(f"已核对 {run.compared}/{run.expected}，补发 {run.pushed}，冲回 {run.reversed}，待人工 {run.left}")


def _strays(run: ResyncRun, books: appointments.Books) -> None:
    """What only the hospital knows: its own rows first, then what its HIS lists beyond them."""
    items: list[Item] = []
    known: set[str] = set()
    last: UUID | None = None
    while True:
        with hospital(run.institution_code, read_only=True):
            rows = appointments.active_after(last, first_day=clock.today(), limit=comparing.BATCH)
        if not rows:
            break
        last = rows[-1][0]
        with region(read_only=True):
            here = set(Booking.objects.filter(id__in=[row[0] for row in rows]).values_list("id", flat=True))
        known |= {number for _, number, _ in rows}
        items += [_without_booking(*row) for row in rows if row[0] not in here]
    items += _unknown_registrations(run, books, known)
    with work(REGION, actor=ACTOR) as unit:
        noting.write_items(run, items, unit.now)
        noting.save(run, unit)


def _without_booking(booking_id: UUID, _number: str, payment_number: str) -> Item:
    paid = f"，商户单号 {payment_number}" if payment_number else "，未支付"
    return Item(Outcome.HUMAN, f"医院有此预约而平台没有{paid}：请联系患者并决定保留或退号", booking_id)


def _unknown_registrations(run: ResyncRun, books: appointments.Books, known: set[str]) -> list[Item]:
    with region(read_only=True):
        ids = Booking.objects.filter(comparing.relevant(run)).values_list("id", flat=True)
        known = known | {domain_number("R", booking_id) for booking_id in ids}
    return [
        Item(
            Outcome.HUMAN,
            f"平台没有医院系统的登记 {one.his_number}（平台编号 {one.hub_number}，缴费单 {one.order_number or '无'}）",
        )
        for one in books.by_number.values()
        if one.hub_number not in known and one.state in appointments.STANDS
    ]


def _money(run: ResyncRun) -> None:
    """Have the channel asked about everything open, and name every difference that is left."""
    with work(REGION, actor=ACTOR) as unit:
        payment_steps.ask_channels_again(unit, run.institution_code)
    found = [
        Item(Outcome.HUMAN, difference.what[:200], difference.booking_id)
        for difference in verify_hospital(run.institution_code, quiet=timedelta(0))
    ]
    found += [Item(Outcome.HUMAN, f"收付：{difference}"[:200]) for difference in differences(run.institution_code)]
    with work(REGION, actor=ACTOR) as unit:
        noting.write_items(run, found, unit.now)
        noting.save(run, unit)


def _open(run: ResyncRun, books: appointments.Books, report: Report) -> None:
    note = NOT_LISTED if books.asked_from is None else ""
    with work(REGION, actor=ACTOR) as unit:
        repair.open_again(run.institution_code)
        run.state, run.ended_at, run.note = ResyncState.DONE, unit.now, note
        run.save(update_fields=["state", "ended_at", "note"])
        unit.audit(
            "resync.done",
            target=f"resync:{run.id}",
            detail={"pushed": run.pushed, "reversed": run.reversed, "left": run.left},
        )
    polling.forget(run.institution_code)
    _tell_all()
    wake.rouse(run.institution_code, lanes=set(Lane), seal=True)
    if note:
        report(note)
    report(f"核对完成，机构已开放：补发 {run.pushed}，冲回 {run.reversed}，待人工 {run.left}")


def _wait(run: ResyncRun, why: str) -> None:
    with work(REGION, actor=ACTOR) as unit:
        ResyncRun.objects.filter(pk=run.pk).update(state=ResyncState.WAITING, note=why[:200], claimed_until=None)
        unit.audit("resync.waits", target=f"resync:{run.id}", reason=why[:200])
