"""What people are told of their place in line. Wording lives in notifications; each fact has an id, told once."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid5

from hub.work import Unit
from regional_services.notifications import steps as notifications
from regional_services.notifications.catalogue import FactValue
from regional_services.waiting.models import Place
from tenants.registry import selectors as registry


def tell(unit: Unit, place: Place, kind: str, *, about: UUID, more: Mapping[str, str] | None = None) -> None:
    """Tell the account that booked."""
    facts: dict[str, FactValue] = {
        "institution": registry.institution(place.institution_code).name,
        "department": place.department_name,
        "doctor": place.doctor_name,
        "room": place.station or place.room or place.department_name,
        "ticket": place.ticket,
        "ahead": place.ahead,
        **(more or {}),
    }
    notifications.send(
        unit,
        kind=kind,
        account_id=place.account_id,
        person_id=place.person_id,
        institution_code=place.institution_code,
        about=about,
        subject=place.booking_id,
        facts=facts,
        sensitive=place.sensitive or None,
    )


def order_fact(place: Place) -> UUID:
    """The id of "this room and this number": another room is another fact, the same room told again is not."""
    return uuid5(place.entry_id, f"{place.room}|{place.ticket}")
