"""A batch of bookings, read from both worlds and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db.models import Q

from hub import clock
from hub.tenancy.scope import hospital, region
from regional_services.booking import twins
from regional_services.booking.models import Booking, Cause, ResyncRun
from regional_services.booking.resync import judging
from regional_services.booking.resync.judging import Judgement
from regional_services.booking.services import patient_identity
from regional_services.identity import selectors as identity
from regional_services.payments import selectors as payments
from tenants.appointments import resync as appointments
from tenants.appointments.asks import PaymentFacts
from tenants.registry import selectors as registry
from tenants.scheduling import resync as scheduling

BATCH = 500


@dataclass(slots=True)
class Compared:
    """A batch read from both worlds and judged."""

    bookings: list[Booking]
    judged: dict[UUID, Judgement] = field(default_factory=dict)
    payments: dict[UUID, PaymentFacts | None] = field(default_factory=dict)
    standings: Mapping[UUID, appointments.Standing] = field(default_factory=dict)


def relevant(run: ResyncRun) -> Q:
    """To come, or moved since the copy that came back was made."""
    return Q(institution_code=run.institution_code) & (Q(visit_date__gte=clock.today()) | Q(updated_at__gte=run.since))


def read_batch(run: ResyncRun) -> list[Booking]:
    """The next bookings behind the cursor; none at the end."""
    with region(read_only=True):
        rows = Booking.objects.filter(relevant(run)).order_by("id")
        if run.cursor is not None:
            rows = rows.filter(id__gt=run.cursor)
        return list(rows[:BATCH])


def compare(run: ResyncRun, bookings: list[Booking]) -> Compared:
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


def find_numbers(run: ResyncRun, compared: Compared, books: appointments.Books) -> dict[UUID, tuple[UUID, UUID]]:
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


def for_hospital(run: ResyncRun, compared: Compared, books: appointments.Books) -> appointments.Batch:
    """What the hospital is to bring in step."""
    judged = compared.judged.values()
    return appointments.Batch(
        run=run.id.hex[-12:],
        wanted=[one.wanted for one in judged if one.wanted],
        over=[one.over for one in judged if one.over],
        books=books,
    )


def replace_numbers(compared: Compared, places: Mapping[UUID, tuple[UUID, UUID]]) -> None:
    """Mean the numbers that were found, from here on."""
    for booking in compared.bookings:
        found, judged = places.get(booking.id), compared.judged[booking.id]
        if found and judged.wanted:
            booking.number_id, booking.session_id = found
            wanted = replace(judged.wanted, number_id=found[0], session_id=found[1])
            compared.judged[booking.id] = replace(judged, wanted=wanted)
