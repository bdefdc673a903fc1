"""Computing the months anew; may run at any time."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Min

from hub import clock
from hub.actor import system_actor
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.booking import figures as bookings
from regional_services.openfigures import selectors
from regional_services.openfigures.models import MonthFigure

WORKER = system_actor("公开数据")
EVERY = timedelta(hours=1)
RECENT_MONTHS = 2  # in which something may still change


def refresh_due() -> int:
    """Compute what is due: all months while nothing is published of this one, else the last two once an hour; rows.

    Asked every minute, so that a district just opened, restored or moved publishes with its first booking.
    """
    with region(read_only=True):
        known = MonthFigure.objects.filter(month=clock.today().replace(day=1)).aggregate(at=Min("computed_at"))["at"]
    if known is not None and clock.now() - known < EVERY:
        return 0
    return refresh(selectors.MONTHS if known is None else RECENT_MONTHS)


def refresh(months: int) -> int:
    """Compute the last `months` months anew, the running one included; how many rows."""
    now, month, rows = clock.now(), clock.today().replace(day=1), list[MonthFigure]()
    for _ in range(months):
        rows += [
            MonthFigure(
                month=month,
                institution_code=counted.institution_code,
                bookings=counted.bookings,
                cancelled=counted.cancelled,
                registered=counted.registered,
                waiting_days=counted.waiting_days,
                computed_at=now,
            )
            for counted in bookings.counts_of_span(month, _last_day(month))
        ]
        month = (month - timedelta(days=1)).replace(day=1)
    with work(REGION, actor=WORKER) as unit:
        MonthFigure.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["month", "institution_code"],
            update_fields=["bookings", "cancelled", "registered", "waiting_days", "computed_at"],
        )
        unit.audit("openfigures.refreshed", target="openfigures", detail={"months": months, "rows": len(rows)})
    selectors.forget()
    return len(rows)


def _last_day(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
