"""Computing the months anew; may run at any time."""

from __future__ import annotations

from datetime import date, timedelta

from hub import clock
from hub.actor import system_actor
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.booking import selectors as bookings
from regional_services.openfigures import selectors
from regional_services.openfigures.models import MonthFigure

WORKER = system_actor("公开数据")


def refresh(months: int) -> int:
    """Compute the last `months` months anew, the running one included; how many rows."""
    month, rows = clock.today().replace(day=1), list[MonthFigure]()
    for _ in range(months):
        rows += [
            MonthFigure(
                month=month,
                institution_code=counted.institution_code,
                bookings=counted.bookings,
                cancelled=counted.cancelled,
                registered=counted.registered,
                waiting_days=counted.waiting_days,
            )
            for counted in bookings.counts_of_span(month, _last_day(month))
        ]
        month = (month - timedelta(days=1)).replace(day=1)
    with work(REGION, actor=WORKER) as unit:
        MonthFigure.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["month", "institution_code"],
            update_fields=["bookings", "cancelled", "registered", "waiting_days"],
        )
        unit.audit("openfigures.refreshed", target="openfigures", detail={"months": months, "rows": len(rows)})
    selectors.forget()
    return len(rows)


def _last_day(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
