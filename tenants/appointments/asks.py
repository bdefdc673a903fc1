"""What an appointment asks of the hospital's own system: committed exchange rows, carried out by connector workers.

Each ask has its own hub number, derived from the booking, so that asking again is the same ask (F2, F16) and
`check_outcome` can be asked about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hub.ids import domain_number
from hub.work import Unit
from institution_connectors.catalog import selectors as catalog
from institution_connectors.contracts import Operation, VisitEventKind, requests
from institution_connectors.contracts.values import Patient, Payment, Refund
from institution_connectors.exchange import steps as exchange
from tenants.appointments.models import Appointment
from tenants.scheduling.steps import ClaimedNumber

PATIENCE = timedelta(hours=24)
OF_THE_DAY = timedelta(hours=4)  # what goes on in a waiting room is no news to anybody later


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """A collected payment as the HIS has to know it."""

    number: str
    amount_fen: int
    channel: str
    channel_number: str
    paid_at: datetime

    def to_contract(self) -> Payment:
        """The same in the connectors' terms."""
        return Payment(
            order_number=self.number,
            amount_fen=self.amount_fen,
            channel=self.channel,
            channel_number=self.channel_number,
            paid_at=self.paid_at,
        )


def lock(unit: Unit, appointment: Appointment, claim: ClaimedNumber, patient: Patient, *, deadline: datetime) -> None:
    """Lock the number at a hospital that owns its numbers; the answer decides whether anyone may pay."""
    request = requests.LockNumber(
        hub_number=_number("L", appointment),
        schedule_code=claim.session_his_code,
        number_code=claim.his_code,
        patient=patient,
    )
    _enqueue(unit, appointment, request, request.hub_number, deadline, fresh=True)


def quote(unit: Unit, appointment: Appointment, claim: ClaimedNumber, patient: Patient, *, deadline: datetime) -> None:
    """Ask what the number costs this person (practice 11); a question only, so nothing is to be undone after it."""
    request = requests.QuoteFee(
        schedule_code=claim.session_his_code,
        patient=patient,
    )
    _enqueue(unit, appointment, request, _number("Q", appointment), deadline, fresh=True)


def unlock(unit: Unit, appointment: Appointment) -> None:
    """Give the lock back; harmless when it never came to be."""
    request = requests.UnlockNumber(
        hub_number=_number("U", appointment),
        lock_number=_number("L", appointment),
        lock_code=appointment.his_lock,
    )
    _ask(unit, appointment, request, unit.now + PATIENCE)


def register(
    unit: Unit,
    appointment: Appointment,
    claim: ClaimedNumber,
    patient: Patient,
    payment: PaymentFacts | None,
    *,
    fresh: bool = False,
) -> None:
    """Enter the booking at the hospital, paid or unpaid (booking is registration, JA-APPT-02, JA-HIS-01).

    `fresh`: with the hold itself, so that it can't have been asked before.
    """
    request = register_request(appointment, claim, payment, patient)
    deadline = register_deadline(appointment, unit.now)
    _enqueue(unit, appointment, request, request.hub_number, deadline, fresh=fresh)


def register_deadline(appointment: Appointment, now: datetime) -> datetime:
    """Until when a registration makes sense."""
    return max(appointment.starts_at, now + timedelta(hours=1))


def register_request(
    appointment: Appointment, claim: ClaimedNumber, payment: PaymentFacts | None, patient: Patient
) -> requests.Register:
    """The registration in the connectors' terms; no query."""
    return requests.Register(
        hub_number=appointment.hub_number,
        schedule_code=claim.session_his_code,
        number_code=claim.his_code,
        sequence=claim.sequence,
        starts=claim.start,
        patient=patient,
        fee_fen=appointment.fee_fen,
        lock_number=_number("L", appointment) if appointment.his_lock else "",
        lock_code=appointment.his_lock,
        payment=payment.to_contract() if payment else None,
    )


def pay(unit: Unit, appointment: Appointment, payment: PaymentFacts) -> None:
    """Tell the hospital that a registration which stood unpaid is paid now (practice 10)."""
    _ask(unit, appointment, pay_request(appointment, payment), unit.now + PATIENCE)


def pay_request(appointment: Appointment, payment: PaymentFacts) -> requests.PayRegistration:
    """The same in the connectors' terms; no query."""
    return requests.PayRegistration(
        hub_number=_number("P", appointment),
        registration_number=appointment.hub_number,
        his_number=appointment.his_registration,
        payment=payment.to_contract(),
    )


def cancel(unit: Unit, appointment: Appointment) -> None:
    """Ask whether the registration may be cancelled; the HIS permits before cash goes back (practice 24)."""
    _ask(unit, appointment, cancel_request(appointment), unit.now + PATIENCE)


def cancel_request(appointment: Appointment) -> requests.CancelRegistration:
    """The same in the connectors' terms; no query."""
    refund = None
    if appointment.payment_number:
        refund = Refund(
            refund_number=_number("F", appointment),
            order_number=appointment.payment_number,
            amount_fen=appointment.fee_fen,
        )
    return requests.CancelRegistration(
        hub_number=domain_number(f"X{appointment.cancel_round % 10}", appointment.id),
        registration_number=appointment.hub_number,
        his_number=appointment.his_registration,
        reason=appointment.reason,
        refund=refund,
    )


def check_in(unit: Unit, appointment: Appointment) -> bool:
    """Tell the hospital that the patient is there, where it can hear it and knows him; False where not."""
    if not (appointment.his_registration and catalog.can(unit.scope, Operation.CHECK_IN)):
        return False
    request = requests.CheckIn(
        hub_number=_number("A", appointment),
        registration_number=appointment.hub_number,
        his_number=appointment.his_registration,
    )
    _ask(unit, appointment, request, unit.now + OF_THE_DAY)
    return True


def tell_visit(unit: Unit, appointment: Appointment, *, of: UUID, kind: VisitEventKind, room: str, ticket: str) -> bool:
    """Tell the hospital of a step its patients were led here, where it can hear it and knows him; False where not."""
    if not (appointment.his_registration and catalog.can(unit.scope, Operation.TELL_VISIT)):
        return False
    request = requests.TellVisit(
        hub_number=domain_number("V", of),
        registration_number=appointment.hub_number,
        his_number=appointment.his_registration,
        kind=kind,
        occurred_at=unit.now,
        ticket=ticket,
        place=room,
    )
    _ask(unit, appointment, request, unit.now + OF_THE_DAY)
    return True


def _number(prefix: str, appointment: Appointment) -> str:
    return domain_number(prefix, appointment.id)


def _ask(unit: Unit, appointment: Appointment, request: requests.Command, deadline: datetime) -> None:
    _enqueue(unit, appointment, request, request.hub_number, deadline)


def _enqueue(
    unit: Unit,
    appointment: Appointment,
    request: requests.Request,
    key: str,
    deadline: datetime,
    *,
    fresh: bool = False,
) -> None:
    exchange.enqueue_ask(
        unit,
        request=request,
        key=key,
        correlation=f"booking:{appointment.id}",
        deadline=deadline,
        fresh=fresh,
    )
