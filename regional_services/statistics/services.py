"""Computing the figures anew; each function may run at any time and as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Model

from hub import clock
from hub.actor import Actor, system_actor
from hub.outbox.selectors import dead_letters
from hub.security.permissions import require
from hub.sse import topics
from hub.tenancy import registry
from hub.tenancy.models import TenantState
from hub.tenancy.scope import REGION, hospital
from hub.work import work
from institution_connectors.exchange import health as connector_health
from regional_services.booking import figures as bookings
from regional_services.statistics.models import DayFigure, HospitalHealth, HourFigure
from regional_services.statistics.permissions import EXPORT

WORKER = system_actor("统计")
_DEAD_COUNTED = 100


def refresh(days: int) -> int:
    """Compute the last `days` days anew, today included; how many rows of institutions that were."""
    last = clock.today()
    first = last - timedelta(days=days - 1)
    rows: dict[tuple[str, date], DayFigure] = {}
    for counted in bookings.counts_by_day(first, last):
        rows[counted.institution_code, counted.day] = DayFigure(
            institution_code=counted.institution_code,
            day=counted.day,
            created=counted.created,
            booked=counted.booked,
            cancelled=counted.cancelled,
            stopped=counted.stopped,
            failed=counted.failed,
            refunded=counted.refunded,
            paid_fen=counted.paid_fen,
            refunded_fen=counted.refunded_fen,
        )
    for (code, day), absent in bookings.no_shows_by_day(first, last).items():
        row = rows.setdefault((code, day), DayFigure(institution_code=code, day=day))
        row.no_shows = absent
    hours = [
        HourFigure(day=day, hour=hour, created=created)
        for (day, hour), created in bookings.counts_by_hour(first, last).items()
    ]
    with work(REGION, actor=WORKER) as unit:
        _put(DayFigure, list(rows.values()), ("day", "institution_code"))
        _put(HourFigure, hours, ("day", "hour"))
        unit.audit("statistics.refreshed", target="statistics", detail={"days": days, "rows": len(rows)})
    return len(rows)


def observe() -> int:
    """Look at every hospital's connector; how many there are. One short scope a hospital, one statement for all."""
    found = [_look(info.code) for info in registry.hospitals() if info.state != TenantState.JOINING]
    with work(REGION, actor=WORKER) as unit:
        _put(HospitalHealth, found, ("institution_code",))
        unit.tell(topics.DISTRICT_SCREEN, "hospitals")
        unit.audit("statistics.observed", target="statistics", detail={"hospitals": len(found)})
    return len(found)


def note_export(*, actor: Actor, number: str, first: date, last: date, institution_code: str, rows: int) -> None:
    """Record that figures left the house, under the number printed on them."""
    require(actor, EXPORT)
    with work(REGION, actor=actor) as unit:
        unit.audit(
            "statistics.exported",
            target=f"export:{number}",
            detail={"first": str(first), "last": str(last), "institution": institution_code, "rows": rows},
        )


def _look(code: str) -> HospitalHealth:
    with hospital(code, read_only=True):
        health = connector_health.health()
    return HospitalHealth(
        institution_code=code,
        at=clock.now(),
        reachable=health.reachable,
        calls=health.calls,
        failed=health.failed,
        unknown=health.unknown,
        waiting=health.waiting,
        skew_ms=health.skew_ms,
        dead_letters=len(dead_letters(code, limit=_DEAD_COUNTED)),
    )


def _put(model: type[Any], rows: Sequence[Model], unique: tuple[str, ...]) -> None:
    kept = {"id", *unique}
    names = [field.name for field in model._meta.concrete_fields if field.name not in kept]
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=names)
