"""A run from its start to the opening of the hospital: batches of bookings, a cursor behind each, nothing done twice.

Reads of both worlds come first, then one unit of work in the hospital, then one in the district that also moves the
cursor. A crash in between repeats the batch: what stands is found standing, and asks carry the run in their key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from hub import clock
from hub.actor import Actor, system_actor
from hub.ids import domain_number
from hub.outbox import wake
from hub.outbox.models import Lane
from hub.tenancy import repair
from hub.tenancy.scope import REGION, hospital, region
from hub.work import Unit, work
from institution_connectors.exchange import polling
from regional_services.booking import steps, twins
from regional_services.booking.errors import ResyncUnknown
from regional_services.booking.models import Booking, Cause, Outcome, ResyncItem, ResyncRun, ResyncState
from regional_services.booking.process import Input
from regional_services.booking.resync import his, judging
from regional_services.booking.resync.judging import Judgement
from regional_services.booking.services import patient_identity
from regional_services.booking.verify import verify_hospital
from regional_services.catalog import projection
from regional_services.identity import selectors as identity
from regional_services.payments import selectors as payments
from regional_services.payments import steps as payment_steps
from regional_services.payments.verification import differences
from tenants.appointments import resync as appointments
from tenants.appointments.asks import PaymentFacts
from tenants.registry import selectors as registry
from tenants.scheduling import resync as scheduling

ACTOR = system_actor("数据核对")
BATCH = 500
CLAIM = timedelta(minutes=3)  # a batch takes seconds; a hospital that answers slowly, a minute
BEFORE = timedelta(minutes=10)  # what was on its way when the backup was taken
NOT_LISTED = "医院系统不能列出登记：只与平台核对过，医院系统里的登记请人工核对。"
Report = Callable[[str], None]


@dataclass(slots=True)
class Compared:
    """A batch read from both worlds and judged."""

    bookings: list[Booking]
    judged: dict[UUID, Judgement] = field(default_factory=dict)
    payments: dict[UUID, PaymentFacts | None] = field(default_factory=dict)
    standings: Mapping[UUID, appointments.Standing] = field(default_factory=dict)


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


def _relevant(run: ResyncRun) -> Q:
    """To come, or moved since the copy that came back was made."""
    return Q(institution_code=run.institution_code) & (Q(visit_date__gte=clock.today()) | Q(updated_at__gte=run.since))


def _last_day(code: str) -> date:
    with region(read_only=True):
        last = (
            Booking.objects.filter(institution_code=code).order_by("-visit_date").values_list("visit_date", flat=True)
        )
        return max(last.first() or clock.today(), clock.today())


def _bookings(run: ResyncRun, books: appointments.Books, report: Report) -> None:
    with region(read_only=True):
        run.expected = Booking.objects.filter(_relevant(run)).count()
    while batch := _read(run):
        compared = _compare(run, batch)
        places = _find_numbers(run, compared, books)
        _replace_numbers(compared, places)
        with work(run.institution_code, actor=ACTOR) as unit:
            done = appointments.bring_in_step(unit, _batch(run, compared, books))
        _note(run, compared, done, places)
        report(f"已核对 {run.compared}/{run.expected}，补发 {run.pushed}，冲回 {run.reversed}，待人工 {run.left}")


def _read(run: ResyncRun) -> list[Booking]:
    with region(read_only=True):
        rows = Booking.objects.filter(_relevant(run)).order_by("id")
        if run.cursor is not None:
            rows = rows.filter(id__gt=run.cursor)
        return list(rows[:BATCH])


def _compare(run: ResyncRun, bookings: list[Booking]) -> Compared:
    """Eight reads, whatever the size of the batch."""
    ids = [booking.id for booking in bookings]
    with hospital(run.institution_code, read_only=True):
        standings = appointments.standings(ids)
    absent = [booking.person_id for booking in bookings if booking.id not in standings]
    with region(read_only=True):
        orders = payments.orders_of_bookings(ids)
        facts = _payments(orders)
        cards = identity.cards_of(absent) if absent else {}
    found = Compared(bookings, standings=standings)
    for booking in bookings:
        payment = twins.payment_of(booking, judging.paid(booking, orders, facts))
        card = cards.get(booking.person_id)
        found.payments[booking.id] = payment
        found.judged[booking.id] = judging.judge(
            booking, Cause(run.cause), standings.get(booking.id), payment, patient_identity(card) if card else None
        )
    return found


def _payments(orders: Mapping[UUID, payments.OrderView]) -> dict[UUID, PaymentFacts]:
    paid_at = {order.id: order.paid_at for order in orders.values()}
    attempts = payments.settling_attempts(list(paid_at))
    return {
        order_id: PaymentFacts(
            number=attempt.out_trade_no,
            amount_fen=attempt.amount_fen,
            channel=attempt.channel,
            channel_number=attempt.transaction_id,
            paid_at=paid_at[order_id] or clock.now(),
        )
        for order_id, attempt in attempts.items()
    }


def _find_numbers(run: ResyncRun, compared: Compared, books: appointments.Books) -> dict[UUID, tuple[UUID, UUID]]:
    """Numbers told to the hub after the copy was made came back under new ids: find the one each booking means."""
    wanted = {booking.id: booking for booking in compared.bookings if compared.judged[booking.id].wanted}
    with hospital(run.institution_code, read_only=True):
        gone = scheduling.absent([booking.number_id for booking in wanted.values()]) if wanted else set()
        lost = [_lost(booking, books) for booking in wanted.values() if booking.number_id in gone]
        generation = registry.institution(run.institution_code).his_generation
        return scheduling.find(lost, generation=generation) if lost else {}


def _lost(booking: Booking, books: appointments.Books) -> scheduling.Lost:
    registered = books.of(booking.id)
    return scheduling.Lost(
        wanted=booking.id,
        schedule_code=registered.schedule_code if registered else "",
        sequence=registered.sequence if registered else 0,
        department_id=booking.department_id,
        doctor_name=booking.doctor_name,
        starts_at=booking.starts_at,
    )


def _batch(run: ResyncRun, compared: Compared, books: appointments.Books) -> appointments.Batch:
    judged = compared.judged.values()
    return appointments.Batch(
        run=run.id.hex[-12:],
        wanted=[one.wanted for one in judged if one.wanted],
        over=[one.over for one in judged if one.over],
        books=books,
    )


def _replace_numbers(compared: Compared, places: Mapping[UUID, tuple[UUID, UUID]]) -> None:
    for booking in compared.bookings:
        found, judged = places.get(booking.id), compared.judged[booking.id]
        if found and judged.wanted:
            booking.number_id, booking.session_id = found
            wanted = replace(judged.wanted, number_id=found[0], session_id=found[1])
            compared.judged[booking.id] = replace(judged, wanted=wanted)


def _note(
    run: ResyncRun, compared: Compared, done: appointments.Done, places: Mapping[UUID, tuple[UUID, UUID]]
) -> None:
    """The district's part of a batch: what it reverses, asks again, writes down; and the cursor, all in one unit."""
    with work(REGION, actor=ACTOR) as unit:
        moved = [booking for booking in compared.bookings if booking.id in places]
        Booking.objects.bulk_update(moved, ["number_id", "session_id"])
        adopted = _adopted(unit, run, compared)
        items = [*adopted, *_pushed(done), *_reversed(unit, run, compared, done), *_repeated(unit, compared)]
        _write_items(run, items, unit.now)
        run.cursor = compared.bookings[-1].id
        run.compared += len(compared.bookings)
        _save(run, unit)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the report."""

    outcome: Outcome
    what: str
    booking_id: UUID | None = None


_PUSHED = (
    ("entered", "预约已重新写入医院数据"),
    ("registered", "已重新向医院系统登记"),
    ("paid", "已重新告知医院缴费结果"),
    ("known", "已按医院系统更新登记信息"),
)
_UNDONE = (("ended", "预约已结束，医院数据中的占号已释放"), ("cancelled", "预约已结束，已请医院系统退号"))


def _pushed(done: appointments.Done) -> Iterable[Item]:
    for name, what in _PUSHED:
        yield from (Item(Outcome.PUSHED, what, booking_id) for booking_id in sorted(getattr(done, name)))
    for name, what in _UNDONE:
        yield from (Item(Outcome.REVERSED, what, booking_id) for booking_id in sorted(getattr(done, name)))


def _reversed(unit: Unit, run: ResyncRun, compared: Compared, done: appointments.Done) -> Iterable[Item]:
    """A number that is gone ends its booking, money included; a district of yesterday follows its hospital."""
    for booking_id in sorted(done.lost):
        steps.advance(unit, booking_id, Input.REFUSED, steps.Facts(reason="数据恢复后该号已不可用", refusal="lost"))
        yield Item(Outcome.REVERSED, "号已不可用，预约已结束并退款", booking_id)
    for booking in compared.bookings:
        follows = compared.judged[booking.id].follows
        if follows is not None:
            steps.advance(unit, booking.id, follows, steps.Facts(reason="按医院数据核对"))
            yield Item(Outcome.PUSHED, "预约已按医院数据更新", booking.id)
        if judging.forgotten_registration(booking, Cause(run.cause), compared.standings.get(booking.id)):
            steps.advance(unit, booking.id, Input.REGISTERED)
            yield Item(Outcome.PUSHED, "医院系统已登记，平台已补记", booking.id)


def _adopted(unit: Unit, run: ResyncRun, compared: Compared) -> list[Item]:
    """Payments made after the copy the district came back from: the channel says what became of them."""
    items = []
    for booking in compared.bookings:
        standing, payment = compared.standings.get(booking.id), compared.payments[booking.id]
        number = judging.forgotten_payment(booking, Cause(run.cause), standing, payment)
        if not number or booking.order_id is None:
            continue
        if payment_steps.adopt_attempt(unit, order_id=booking.order_id, out_trade_no=number):
            items.append(Item(Outcome.PUSHED, f"医院记有平台缺失的付款，已向渠道核实：商户单号 {number}", booking.id))
        else:
            items.append(Item(Outcome.HUMAN, f"医院记有平台缺失的付款，请到渠道核对：商户单号 {number}", booking.id))
    return items


def _repeated(unit: Unit, compared: Compared) -> Iterable[Item]:
    """Asks to the hospital that were carried out in data that are gone."""
    for booking in compared.bookings:
        effect = judging.REPEATED.get(booking.state)  # type: ignore[call-overload]
        if effect is not None and compared.judged[booking.id].wanted:
            steps.repeat(unit, booking, effect, compared.payments[booking.id])
            yield Item(Outcome.PUSHED, "已重新向医院发出办理请求", booking.id)


def _strays(run: ResyncRun, books: appointments.Books) -> None:
    """What only the hospital knows: its own rows first, then what its HIS lists beyond them."""
    items: list[Item] = []
    known: set[str] = set()
    last: UUID | None = None
    while True:
        with hospital(run.institution_code, read_only=True):
            rows = appointments.active_after(last, first_day=clock.today(), limit=BATCH)
        if not rows:
            break
        last = rows[-1][0]
        with region(read_only=True):
            here = set(Booking.objects.filter(id__in=[row[0] for row in rows]).values_list("id", flat=True))
        known |= {number for _, number, _ in rows}
        items += [_without_booking(*row) for row in rows if row[0] not in here]
    items += _unknown_registrations(run, books, known)
    with work(REGION, actor=ACTOR) as unit:
        _write_items(run, items, unit.now)
        _save(run, unit)


def _without_booking(booking_id: UUID, _number: str, payment_number: str) -> Item:
    paid = f"，商户单号 {payment_number}" if payment_number else "，未支付"
    return Item(Outcome.HUMAN, f"医院有此预约而平台没有{paid}：请联系患者并决定保留或退号", booking_id)


def _unknown_registrations(run: ResyncRun, books: appointments.Books, known: set[str]) -> list[Item]:
    with region(read_only=True):
        ids = Booking.objects.filter(_relevant(run)).values_list("id", flat=True)
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
        _write_items(run, found, unit.now)
        _save(run, unit)


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


def _write_items(run: ResyncRun, items: Sequence[Item], now: datetime) -> None:
    ResyncItem.objects.bulk_create(
        [
            ResyncItem(
                institution_code=run.institution_code, run_id=run.id, booking_id=item.booking_id,
                outcome=item.outcome, what=item.what, at=now,
            )
            for item in items
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _save(run: ResyncRun, unit: Unit) -> None:
    """Totals are counted from the lines themselves, so that a repeated batch adds nothing."""
    totals = dict(
        ResyncItem.objects.filter(run_id=run.id).values_list("outcome").annotate(lines=Count("id")).order_by()
    )
    run.pushed, run.reversed = totals.get(Outcome.PUSHED, 0), totals.get(Outcome.REVERSED, 0)
    run.left, run.state, run.note = totals.get(Outcome.HUMAN, 0), ResyncState.RUNNING, ""
    run.claimed_until = unit.now + CLAIM
    run.save(
        update_fields=[
            "cursor", "compared", "expected", "pushed", "reversed", "left", "state", "note", "claimed_until"
        ]
    )  # fmt: skip
    unit.audit("resync.batch", target=f"resync:{run.id}", detail={"compared": run.compared})
