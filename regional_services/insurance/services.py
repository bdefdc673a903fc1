"""One tap inside registration: ask the insurer to activate the patient's voucher. The order is not touched."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from hub import ids
from hub.actor import Actor
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.booking import access as booking_access
from regional_services.identity import access as identity_access
from regional_services.identity.access import account
from regional_services.identity.consents import INSURANCE_VOUCHER
from regional_services.identity.documents import DocumentKind
from regional_services.identity.purposes import BOOKING
from regional_services.identity.selectors import has_consent
from regional_services.identity.steps import record_consents
from regional_services.insurance import outside
from regional_services.insurance.errors import ConsentDue, NoVoucher
from regional_services.insurance.events import ActivationAsked
from regional_services.insurance.models import OPEN, Activation, VoucherState


def activate(*, actor: Actor, booking_id: UUID, consented: bool) -> UUID:
    """Ask for the voucher of the booking's patient; the activation's id. One that is open is found again.

    Raises BookingNotFound, NotFound, ConsentDue, NoVoucher (a document the insurer knows none for).
    """
    booking = booking_access.own_booking(actor, booking_id)
    person_id = booking.person_id
    with work(REGION, actor=actor) as unit:
        patient, card = identity_access.card_for(actor, person_id, BOOKING)
        if DocumentKind(card.document_type) not in outside.CERTIFICATES:
            raise NoVoucher
        if not has_consent(person_id, INSURANCE_VOUCHER):
            if not consented:
                raise ConsentDue
            record_consents(
                unit,
                person_id=person_id,
                account_id=account(actor),
                relation=patient.relation,
                purposes=[INSURANCE_VOUCHER],
                channel="h5",
                given=True,
            )
        known = Activation.objects.filter(person_id=person_id, state__in=(*OPEN, VoucherState.ACTIVE)).first()
        if known is not None:
            unit.audit("insurance.activation_asked", target=f"activation:{known.id}", outcome="repeat")
            return UUID(str(known.id))
        key = ids.uuid7()
        row = Activation(
            id=key,
            number=f"EC{key.hex[:26].upper()}",
            account_id=account(actor),
            person_id=person_id,
            booking_id=booking_id,
            asked_at=unit.now,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            # The same tap twice at once: the other one's is the activation.
            return UUID(str(Activation.objects.get(person_id=person_id, state__in=OPEN).id))
        unit.publish(ActivationAsked(activation_id=row.id))
        unit.audit("insurance.activation_asked", target=f"activation:{row.id}", detail={"person": str(person_id)})
        return key


def store(activation_id: UUID, state: VoucherState, *, actor: Actor, reason: str = "") -> None:
    """Keep what the insurer said, once; a repeat changes nothing."""
    with work(REGION, actor=actor) as unit:
        row = Activation.objects.select_for_update().get(pk=activation_id)
        if row.state not in OPEN:
            return
        row.state, row.reason, row.attempts = state, reason, row.attempts + 1
        row.answered_at = None if state in OPEN else unit.now
        row.save(update_fields=["state", "reason", "attempts", "answered_at"])
        outcome = "failure" if state == VoucherState.REJECTED else "success"
        unit.audit("insurance.answered", target=f"activation:{row.id}", outcome=outcome, detail={"state": state})
