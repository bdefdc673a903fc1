"""Taking a number for a booking, inside somebody's transaction in the hospital's schema, never durable by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError

from hub.ids import domain_number
from hub.tenancy.statements import Insert
from hub.work import Unit
from institution_connectors.contracts.values import Patient
from tenants.appointments import asks, places
from tenants.appointments.errors import HeldAlready, SlotChanged
from tenants.appointments.models import Appointment, HisState, Settlement, State
from tenants.patients import steps as patients
from tenants.patients.steps import PatientIdentity
from tenants.registry import selectors as registry
from tenants.scheduling import steps as scheduling
from tenants.scheduling.models import Channel
from tenants.scheduling.steps import ClaimedNumber

PRIMARY_KEY = "appointment_pkey"
_STORE = Insert(Appointment, computed=places.COMPUTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """What the owner of the booking asks for. `lock_first`: the HIS owns its numbers and is asked before anyone pays.

    `at_once`: nothing is to be paid before the booking stands (free, or paid on the visit day). `quote`: the hospital
    is to name this person's price first. `replaces`: the person's appointment that is given back when this one is
    certain. `again`: a rival took this person's place in the attempt before. `fee_fen`: the price where it is not the
    list's.
    """

    booking_id: UUID
    person_id: UUID
    number_id: UUID
    starts_at: datetime
    deadline: datetime
    lock_first: bool
    at_once: bool
    quote: bool = False
    again: bool = False
    channel: Channel = Channel.APP
    replaces: UUID | None = None
    fee_fen: int | None = None

    @property
    def books(self) -> bool:
        """Whether the number is the person's with the hold itself."""
        return self.at_once and not self.lock_first and not self.quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The number held for a booking."""

    state: State
    sequence: int
    starts_at: datetime
    ends_at: datetime
    visit_date: date
    fee_fen: int


def hold(unit: Unit, request: HoldRequest, identity: PatientIdentity) -> Held:
    """Claim the number and write the appointment.

    Raises NumberTaken, SlotChanged (the number is at another time than shown) or a limit (AlreadyBookedToday,
    HospitalDayLimit, OpenLimit); then nothing of it remains. Raises HeldAlready when this booking's hold stands (`held`
    tells it), PlaceRaced when it is worth beginning `again`; both in a transaction of their own.
    """
    rules = registry.institution(unit.scope)
    archive = patients.ensure_archive(unit, person_id=request.person_id, identity=identity)
    claim = scheduling.claim_number(
        unit, number_id=request.number_id, holder=request.booking_id, channel=request.channel
    )
    if claim.start != request.starts_at:
        raise SlotChanged(detail={"starts_at": claim.start.isoformat()})
    if request.again:
        places.leave_past(request.person_id, unit.now)
    appointment = _appointment(request, claim, archive.id, unit.now)
    if request.books:
        scheduling.confirm_number(unit, holder=appointment.id)
    unit.later(_STORE.write(appointment, **places.parameters(rules, unit.now)), refusal=_refusal)
    _ask(unit, request, appointment, claim, archive.patient, timedelta(seconds=rules.quote_seconds))
    unit.audit("appointment.held", target=f"appointment:{appointment.id}", detail={"number": str(request.number_id)})
    return held_of(appointment)


def _appointment(request: HoldRequest, claim: ClaimedNumber, archive_id: UUID, now: datetime) -> Appointment:
    his_state = HisState.REGISTERING if request.books else HisState.NONE
    fee_fen = claim.fee_fen if request.fee_fen is None else request.fee_fen
    return Appointment(
        id=request.booking_id,
        hub_number=domain_number("R", request.booking_id),
        person_id=request.person_id,
        archive_id=archive_id,
        session_id=claim.session_id,
        number_id=request.number_id,
        department_id=claim.department_id,
        doctor_id=claim.doctor_id,
        visit_date=claim.date,
        sequence=claim.sequence,
        starts_at=claim.start,
        ends_at=claim.end,
        fee_fen=fee_fen,
        state=State.BOOKED if request.books else State.HELD,
        settlement=Settlement.UNPAID if fee_fen else Settlement.FREE,
        his_state=HisState.LOCKING if request.lock_first else his_state,
        channel=request.channel,
        replaces=request.replaces,
        created_at=now,
        updated_at=now,
    )


def _ask(
    unit: Unit,
    request: HoldRequest,
    appointment: Appointment,
    claim: ClaimedNumber,
    patient: Patient,
    quote_patience: timedelta,
) -> None:
    """Lock, then quote (asks of one booking go out in order), or register at once where nothing comes first."""
    if request.lock_first:
        asks.lock(unit, appointment, claim, patient, deadline=request.deadline)
    if request.quote:
        begins = request.deadline if request.lock_first else unit.now
        asks.quote(unit, appointment, claim, patient, deadline=begins + quote_patience)
    if request.books:
        asks.register(unit, appointment, claim, patient, None, fresh=True)


def _refusal(problem: IntegrityError) -> Exception | None:
    return HeldAlready() if PRIMARY_KEY in str(problem) else places.refusal_of(problem)


def held(booking_id: UUID) -> Held | None:
    """What this booking holds, if its hold came to be before (a repeat after a crash). One query."""
    appointment = Appointment.objects.filter(id=booking_id).first()
    return held_of(appointment) if appointment else None


def held_of(appointment: Appointment) -> Held:
    """The answer about an appointment that stands."""
    return Held(
        state=State(appointment.state),
        sequence=appointment.sequence,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        visit_date=appointment.visit_date,
        fee_fen=appointment.fee_fen,
    )
