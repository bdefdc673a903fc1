"""Who lost a visit by a closure of the district books before others: once, in the same department, for some days."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from hub import clock
from hub.tenancy.statements import Statement
from hub.work import Unit
from regional_services.booking.models import Booking, RebookingRight
from regional_services.booking.selectors import LIVE

# Of two at once the second waits, and then books as everybody does.
_USE = Statement(
    "default",
    "UPDATE booking_rebooking_right SET used_by = %(booking)s WHERE used_by IS NULL AND booking_id = ("
    " SELECT booking_id FROM booking_rebooking_right WHERE person_id = %(person)s"
    " AND institution_code = %(institution)s AND department_id = %(department)s"
    " AND used_by IS NULL AND until >= %(today)s ORDER BY until LIMIT 1 FOR UPDATE)",
)


def grant(unit: Unit, institution_code: str, session_ids: list[UUID], *, until: date) -> list[UUID]:
    """Give the right to everybody with a living booking in these sessions; their bookings. Again changes nothing."""
    rows = Booking.objects.filter(institution_code=institution_code, session_id__in=session_ids, state__in=LIVE)
    found = list(rows.order_by("id").values_list("id", "person_id", "department_id"))
    RebookingRight.objects.bulk_create(
        [
            RebookingRight(
                booking_id=booking_id,
                institution_code=institution_code,
                person_id=person_id,
                department_id=department_id,
                until=until,
            )
            for booking_id, person_id, department_id in found
        ],
        ignore_conflicts=True,
    )
    unit.audit("booking.rights_granted", target=f"hospital:{institution_code}", detail={"bookings": len(found)})
    return [booking_id for booking_id, _, _ in found]


def has_right(person_ids: list[UUID], institution_code: str, department_id: UUID) -> bool:
    """Whether one of these people may book there before others. One query."""
    return RebookingRight.objects.filter(
        person_id__in=person_ids,
        institution_code=institution_code,
        department_id=department_id,
        used_by__isnull=True,
        until__gte=clock.today(),
    ).exists()


def use(booking: Booking) -> bool:
    """Take the person's right for this booking, inside the transaction that begins it; False if there is none."""
    return (
        _USE.run(
            booking=booking.id,
            person=booking.person_id,
            institution=booking.institution_code,
            department=booking.department_id,
            today=clock.today(),
        )
        == 1
    )


def return_unused(booking_id: UUID) -> None:
    """The booking for which the right was taken did not come to be: it is the person's again."""
    RebookingRight.objects.filter(used_by=booking_id).update(used_by=None)


def right_of(booking_id: UUID) -> RebookingRight | None:
    """The unused right that came with the end of this booking. One query."""
    return RebookingRight.objects.filter(booking_id=booking_id, used_by__isnull=True, until__gte=clock.today()).first()
