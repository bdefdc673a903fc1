"""A visit has ended: its patient is asked how it was, once."""

from __future__ import annotations

from uuid import uuid5

from hub.outbox.events import RunsIn, handles
from hub.synthetic import is_synthetic
from hub.work import Unit
from regional_services.booking.models import State
from regional_services.booking.selectors import booking_of
from regional_services.identity import selectors as identity
from regional_services.notifications import steps as notifications
from regional_services.survey import selectors
from regional_services.survey.models import Invitation
from tenants.appointments.events import VisitEnded
from tenants.registry import selectors as registry

_NOT_SEEN = frozenset({State.CANCELLED, State.EXPIRED, State.FAILED, State.STOPPED})


@handles(VisitEnded, runs_in=RunsIn.REGION)
def invite(event: VisitEnded, unit: Unit) -> None:
    """Invite the person who attended: his own account, or, where he has none, the one that booked (JA-APPT-25)."""
    booking = booking_of(event.booking_id)
    if booking is None or booking.state in _NOT_SEEN or is_synthetic(booking.account_id):
        unit.audit("survey.not_invited", target=f"booking:{event.booking_id}")
        return
    account_id = identity.own_account(booking.person_id) or booking.account_id
    invitation = Invitation(
        id=uuid5(booking.id, "survey"),
        institution_code=booking.institution_code,
        booking_id=booking.id,
        account_id=account_id,
        department_name=booking.department_name,
        doctor_name=booking.doctor_name,
        visit_date=booking.visit_date,
        template_version=selectors.template_version(booking.institution_code),
        style_version=selectors.style_version(booking.institution_code),
        invited_at=unit.now,
    )
    Invitation.objects.bulk_create([invitation], ignore_conflicts=True)
    unit.audit("survey.invited", target=f"booking:{booking.id}")
    notifications.send(
        unit,
        kind="survey.invited",
        account_id=account_id,
        person_id=booking.person_id,
        institution_code=booking.institution_code,
        about=invitation.id,
        facts={
            "institution": registry.institution(booking.institution_code).name,
            "department": booking.department_name,
        },
    )
