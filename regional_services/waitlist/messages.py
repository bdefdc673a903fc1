"""What people in line are told: each fact once."""

from __future__ import annotations

from hub import clock
from hub.work import Unit
from regional_services.notifications import steps as notifications
from regional_services.waitlist.models import Entry
from tenants.registry import selectors as registry


def tell(unit: Unit, entry: Entry, kind: str) -> None:
    """One message to the owner of the place; of an offer it is about that offer, else about the place itself."""
    notifications.send(
        unit,
        kind=kind,
        account_id=entry.account_id,
        person_id=entry.person_id,
        institution_code=entry.institution_code,
        about=entry.offer_id or entry.id,
        subject=entry.id,
        facts={
            "institution": registry.institution(entry.institution_code).name,
            "department": entry.department_name,
            "doctor": entry.doctor_name,
            "when": entry.starts_at or clock.at(entry.visit_date, clock.MIDNIGHT),
            "sequence": entry.sequence,
            "fee": entry.fee_fen,
            "deadline": entry.offer_until,
            "reason": entry.reason,
        },
    )
