"""The report of a run: the district's part of a batch, its lines, and the totals counted from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count

from hub.actor import system_actor
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.booking import steps
from regional_services.booking.models import Booking, Cause, Outcome, ResyncItem, ResyncRun, ResyncState
from regional_services.booking.process import Input
from regional_services.booking.resync import judging
from regional_services.booking.resync.comparing import Compared
from regional_services.payments import steps as payment_steps
from tenants.appointments import resync as appointments

ACTOR = system_actor("数据核对")
CLAIM = timedelta(minutes=3)  # a batch takes seconds; a hospital that answers slowly, a minute


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


def note(run: ResyncRun, compared: Compared, done: appointments.Done, places: Mapping[UUID, tuple[UUID, UUID]]) -> None:
    """The district's part of a batch: what it reverses, asks again, writes down; and the cursor, all in one unit."""
    with work(REGION, actor=ACTOR) as unit:
        moved = [booking for booking in compared.bookings if booking.id in places]
        Booking.objects.bulk_update(moved, ["number_id", "session_id"])
        adopted = _adopted(unit, run, compared)
        items = [*adopted, *_pushed(done), *_reversed(unit, run, compared, done), *_repeated(unit, compared)]
        write_items(run, items, unit.now)
        run.cursor = compared.bookings[-1].id
        run.compared += len(compared.bookings)
        save(run, unit)


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


def write_items(run: ResyncRun, items: Sequence[Item], now: datetime) -> None:
    """Lines of the report; one that stands already is left as it is."""
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


def save(run: ResyncRun, unit: Unit) -> None:
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
