"""Appointments brought in step with the bookings that own them and with the hospital's books (practice 20).

A hospital's schema came back from a backup, or its HIS did: what the district's bookings say is entered again, what
they say is over ends, and what the HIS lacks is asked of it again under the same hub numbers, so that an ask it still
knows is not done twice. One call is one batch: a fixed number of statements, whatever its size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from hub.ids import domain_number
from hub.work import Unit
from institution_connectors.contracts import requests
from institution_connectors.contracts.results import Registration, RegistrationState
from institution_connectors.contracts.values import Patient
from institution_connectors.exchange import steps as exchange
from institution_connectors.exchange.steps import Ask
from tenants.appointments import asks
from tenants.appointments.asks import PATIENCE, PaymentFacts
from tenants.appointments.models import ACTIVE, Appointment, HisState, Settlement, State
from tenants.patients import selectors as patients
from tenants.patients import steps as patient_steps
from tenants.patients.steps import PatientIdentity
from tenants.scheduling import resync as scheduling
from tenants.scheduling.steps import ClaimedNumber, held_by_any

STANDS = frozenset(
    {RegistrationState.BOOKED, RegistrationState.PAID, RegistrationState.ARRIVED, RegistrationState.DONE}
)
_CHANGED = (
    "state", "settlement", "fee_fen", "payment_number", "number_id", "session_id", "his_state", "his_registration",
    "cancel_round", "reason", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a booking says its appointment must be. `identity` is needed where the person has no archive here."""

    booking_id: UUID
    person_id: UUID
    number_id: UUID
    session_id: UUID
    department_id: UUID
    visit_date: date
    sequence: int
    starts_at: datetime
    ends_at: datetime
    fee_fen: int
    state: State
    settlement: Settlement
    payment: PaymentFacts | None
    identity: PatientIdentity | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A booking that has ended: its appointment ends like it."""

    booking_id: UUID
    state: State
    reason: str


@dataclass(slots=True)
class Done:
    """What a batch did: bookings whose appointment was entered again, ended, whose number is gone; asks to the HIS."""

    entered: set[UUID] = field(default_factory=set)
    ended: set[UUID] = field(default_factory=set)
    lost: set[UUID] = field(default_factory=set)
    registered: set[UUID] = field(default_factory=set)
    paid: set[UUID] = field(default_factory=set)
    cancelled: set[UUID] = field(default_factory=set)
    known: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Books:
    """The hospital's own list, by hub number; `asked` says from which visit day on it is complete (None: not asked)."""

    by_number: Mapping[str, Registration]
    asked_from: date | None

    def of(self, booking_id: UUID) -> Registration | None:
        """The registration of a booking."""
        return self.by_number.get(domain_number("R", booking_id))

    def covers(self, day: date) -> bool:
        """Whether a registration of this day would be in the list."""
        return self.asked_from is not None and day >= self.asked_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch: `run` makes its asks the same when it is repeated after a crash."""

    run: str
    wanted: Sequence[Wanted]
    over: Sequence[Over]
    books: Books


@dataclass(frozen=True, slots=True)
class Standing:
    """How an appointment stands: on which payment ("" for none), and whether the HIS has it."""

    state: State
    payment_number: str
    registered: bool


def standings(booking_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """How appointments stand, by booking. One query."""
    rows = Appointment.objects.filter(id__in=booking_ids).values_list("id", "state", "payment_number", "his_state")
    return {key: Standing(State(state), number, his == HisState.REGISTERED) for key, state, number, his in rows}


def active_after(last: UUID | None, *, first_day: date, limit: int) -> list[tuple[UUID, str, str]]:
    """Booking, hub number and payment number of appointments that stand from `first_day` on, in order. One query."""
    rows = Appointment.objects.filter(state__in=ACTIVE, visit_date__gte=first_day).order_by("id")
    if last is not None:
        rows = rows.filter(id__gt=last)
    return list(rows.values_list("id", "hub_number", "payment_number")[:limit])


def bring_in_step(unit: Unit, batch: Batch) -> Done:
    """Make the appointments of a batch what their bookings say, and ask the HIS for what it lacks."""
    done, wanted = Done(), list(batch.wanted)
    ids = [*(one.booking_id for one in wanted), *(one.booking_id for one in batch.over)]
    rows = {row.id: row for row in Appointment.objects.select_for_update().filter(id__in=ids).order_by("id")}
    _end(unit, batch, rows, done)
    standing = [one for one in wanted if _agrees(rows.get(one.booking_id), one)]
    entering = [one for one in wanted if not _agrees(rows.get(one.booking_id), one)]
    _enter(unit, entering, rows, done)
    sent = _asks(unit, batch, [*standing, *entering], rows, done)
    exchange.enqueue_asks(unit, sent)
    changed = [row for row in rows.values() if row.updated_at == unit.now]
    Appointment.objects.bulk_update(changed, _CHANGED)
    unit.audit(
        "appointment.resynced",
        target=f"resync:{batch.run}",
        detail={
            "compared": len(ids), "entered": len(done.entered), "ended": len(done.ended), "lost": len(done.lost),
            "asked": len(sent),
        },
    )  # fmt: skip
    return done


def _agrees(row: Appointment | None, one: Wanted) -> bool:
    """Whether the row is what the booking says. A hold the hospital has made a booking since is further, not wrong."""
    if row is None or row.state not in ACTIVE:
        return False
    if one.state is State.HELD:
        return True
    payment = one.payment.number if one.payment else ""
    return row.state == one.state and row.settlement == one.settlement and row.payment_number == payment


def _end(unit: Unit, batch: Batch, rows: Mapping[UUID, Appointment], done: Done) -> None:
    ending = [one for one in batch.over if one.booking_id in rows and rows[one.booking_id].state in ACTIVE]
    scheduling.let_go(unit, [one.booking_id for one in ending])
    for one in ending:
        row = rows[one.booking_id]
        row.state, row.reason, row.updated_at = one.state, one.reason[:120], unit.now
        done.ended.add(row.id)
    # Before anything is entered: the number of an ended appointment may be another's since.
    Appointment.objects.bulk_update([rows[one.booking_id] for one in ending], ["state", "reason", "updated_at"])


def _enter(unit: Unit, entering: Sequence[Wanted], rows: dict[UUID, Appointment], done: Done) -> None:
    """Claim the numbers, then write the rows of those that have theirs."""
    states = {State.HELD: "held", State.BOOKED: "taken"}
    claims = [(one.number_id, one.booking_id, states[one.state]) for one in entering]
    theirs = scheduling.take(unit, claims) if claims else set()
    done.lost |= {one.booking_id for one in entering} - theirs
    placed = [one for one in entering if one.booking_id in theirs]
    archives = _archives(unit, placed)
    places = _places(placed)
    fresh: list[Appointment] = []
    for one in placed:
        row = rows.get(one.booking_id)
        if row is None:
            row = _row(one, archives[one.person_id], next(places[one.person_id]))
            fresh.append(row)
        row.state, row.settlement, row.fee_fen = one.state, one.settlement, one.fee_fen
        row.number_id, row.session_id = one.number_id, one.session_id
        row.payment_number = one.payment.number if one.payment else ""
        row.updated_at = unit.now
        done.entered.add(row.id)
    Appointment.objects.bulk_create(fresh)
    rows |= {row.id: row for row in fresh}


def _archives(unit: Unit, placed: Sequence[Wanted]) -> dict[UUID, UUID]:
    known = patients.primary_archives([one.person_id for one in placed])
    lacking = {one.person_id: one.identity for one in placed if one.person_id not in known and one.identity}
    return known | (patient_steps.ensure_archives(unit, lacking) if lacking else {})


def _places(placed: Sequence[Wanted]) -> dict[UUID, Iterator[int]]:
    """Places no active appointment of the person takes: a limit is no reason to lose what was booked within it."""
    taken: defaultdict[UUID, set[int]] = defaultdict(set)
    rows = Appointment.objects.filter(person_id__in={one.person_id for one in placed}, state__in=ACTIVE)
    for person, *places in rows.values_list("person_id", "department_place", "day_place", "open_place"):
        taken[person].update(places)
    return {one.person_id: _from(max(taken[one.person_id], default=0) + 1) for one in placed}


def _from(first: int) -> Iterator[int]:
    yield from range(first, 1 << 15)


def _row(one: Wanted, archive_id: UUID, place: int) -> Appointment:
    return Appointment(
        id=one.booking_id,
        hub_number=domain_number("R", one.booking_id),
        person_id=one.person_id,
        archive_id=archive_id,
        session_id=one.session_id,
        number_id=one.number_id,
        department_id=one.department_id,
        visit_date=one.visit_date,
        sequence=one.sequence,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        fee_fen=one.fee_fen,
        department_place=place,
        day_place=place,
        open_place=place,
        state=one.state,
        settlement=one.settlement,
        created_at=one.created_at,
    )


def _asks(
    unit: Unit, batch: Batch, wanted: Sequence[Wanted], rows: Mapping[UUID, Appointment], done: Done
) -> list[Ask]:
    """What the HIS must be asked: register, tell a payment, cancel. What it knows already is noted in the row."""
    sent: list[Ask] = []
    lacking: list[tuple[Wanted, Appointment]] = []
    for one in wanted:
        row = rows.get(one.booking_id)
        if row is None or one.booking_id in done.lost or row.state != State.BOOKED:
            continue
        found = batch.books.of(one.booking_id)
        if found is not None and found.state in STANDS:
            sent += _known(unit, batch, one, row, found, done)
        elif found is None and (batch.books.covers(row.visit_date) or row.his_state == HisState.NONE):
            lacking.append((one, row))
    sent += _registrations(unit, batch, lacking, done)
    sent += _cancellations(unit, batch, rows, done)
    return sent


def _known(unit: Unit, batch: Batch, one: Wanted, row: Appointment, found: Registration, done: Done) -> Iterable[Ask]:
    if (row.his_state, row.his_registration) != (HisState.REGISTERED, found.his_number):
        row.his_state, row.his_registration, row.updated_at = HisState.REGISTERED, found.his_number, unit.now
        done.known.add(row.id)
    if one.payment is not None and found.state is RegistrationState.BOOKED:
        done.paid.add(row.id)
        yield _ask(batch, row.id, asks.pay_request(row, one.payment), unit.now + PATIENCE)


def _registrations(
    unit: Unit, batch: Batch, lacking: Sequence[tuple[Wanted, Appointment]], done: Done
) -> Iterable[Ask]:
    """The HIS may have lost the patient's archive with the registration: it is asked for it first, by document."""
    claims = held_by_any([row.id for _, row in lacking]) if lacking else {}
    cards = patients.contract_patients([row.archive_id for _, row in lacking]) if lacking else {}
    for one, row in lacking:
        if row.id not in claims:
            done.lost.add(row.id)
            continue
        request = _register(row, claims[row.id], one.payment, cards[row.archive_id])
        row.his_state, row.his_registration, row.updated_at = HisState.REGISTERING, "", unit.now
        done.registered.add(row.id)
        yield _ask(batch, row.id, request, asks.register_deadline(row, unit.now))


def _register(
    row: Appointment, claim: ClaimedNumber, payment: PaymentFacts | None, patient: Patient
) -> requests.Register:
    row.his_lock = ""
    return asks.register_request(row, claim, payment, replace(patient, his_id=""))


def _cancellations(unit: Unit, batch: Batch, rows: Mapping[UUID, Appointment], done: Done) -> Iterable[Ask]:
    """Registrations that stand at the HIS for bookings that are over, or whose number is gone."""
    for booking_id in sorted({*(one.booking_id for one in batch.over), *done.lost}):
        found = batch.books.of(booking_id)
        if found is None or found.state not in {RegistrationState.BOOKED, RegistrationState.PAID}:
            continue
        row = rows.get(booking_id)
        done.cancelled.add(booking_id)
        if row is None:
            yield _ask(batch, booking_id, stray(found, booking_id), unit.now + PATIENCE)
            continue
        row.his_registration, row.cancel_round = found.his_number, row.cancel_round + 1
        row.his_state, row.updated_at = HisState.CANCELLING, unit.now
        yield _ask(batch, booking_id, asks.cancel_request(row), unit.now + PATIENCE)


def stray(found: Registration, booking_id: UUID) -> requests.CancelRegistration:
    """Cancel a registration nothing here stands behind any more."""
    return requests.CancelRegistration(
        hub_number=domain_number("X9", booking_id),
        registration_number=found.hub_number,
        his_number=found.his_number,
        reason="数据恢复后核对：预约已结束",
    )


def _ask(batch: Batch, booking_id: UUID, request: requests.Command, deadline: datetime) -> Ask:
    return Ask(
        request=request,
        key=f"{request.hub_number}.{batch.run}",
        correlation=f"booking:{booking_id}",
        deadline=deadline,
    )
