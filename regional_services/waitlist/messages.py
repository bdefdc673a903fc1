"""What people in line are told: each fact once."""

from __future__ import annotations

from hub import clock, money
from hub.work import Unit
from regional_services.notifications import steps as notifications
from regional_services.waitlist.models import Entry
from tenants.registry import selectors as registry


def tell(unit: Unit, entry: Entry, template: str) -> None:
    """One message to the owner of the place; of an offer it is about that offer, else about the place itself."""
    day = f"{entry.visit_date:%m月%d日}"
    notifications.send(
        unit,
        template=template,
        account_id=entry.account_id,
        person_id=entry.person_id,
        institution_code=entry.institution_code,
        about=entry.offer_id or entry.id,
        facts={
            "institution": registry.institution(entry.institution_code).name,
            "department": entry.department_name,
            "doctor": entry.doctor_name,
            "when": f"{clock.local(entry.starts_at):%m月%d日 %H:%M}" if entry.starts_at else day,
            "sequence": str(entry.sequence or ""),
            "fee": money.display(entry.fee_fen),
            "deadline": f"{clock.local(entry.offer_until):%H:%M}" if entry.offer_until else "",
            "reason": entry.reason,
        },
    )
