"""Finding visits nobody came to, and what follows; each step may run again.

Counted are bookings that stood until the visit was over, of people (not the synthetic resident), at sessions that took
place, at hospitals that told of at least one visit that day: where nothing is known, nobody is blamed. Who checked in,
was seen, was called to the desk or whose clinic was stopped is not one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from django.utils.translation import gettext

from hub import clock
from hub.accounts.models import DISTRICT
from hub.actor import system_actor
from hub.tenancy.scope import REGION, hospital, region
from hub.work import Unit, work
from regional_services.booking import selectors as bookings
from regional_services.booking.selectors import BookingView
from regional_services.noshow.models import COUNTING, Block, NoShow, Rule
from regional_services.notifications import steps as notifications
from regional_services.notifications.catalogue import FactValue
from tenants.appointments import selectors as appointments
from tenants.registry import selectors as registry

COUNTER = system_actor("爽约统计")
DAYS_BACK = 3  # a hospital may tell late of visits; what was found meanwhile stays


def count_missed() -> int:
    """Count the visits of the last days nobody came to; how many were new. Run each night, after the hospitals told."""
    today = clock.today()
    return sum(_of_day(today - timedelta(days=back)) for back in range(DAYS_BACK, 0, -1))


def _of_day(day: date) -> int:
    with region(read_only=True):
        missed = bookings.missed_of_day(day)
        known = set(
            NoShow.objects.filter(booking_id__in=[row.id for row in missed]).values_list("booking_id", flat=True)
        )
    new: dict[str, list[BookingView]] = {}
    for row in missed:
        if row.id not in known:
            new.setdefault(row.institution_code, []).append(row)
    return sum(_of_hospital(code, rows) for code, rows in new.items())


def _of_hospital(code: str, rows: list[BookingView]) -> int:
    with hospital(code, read_only=True):
        came = appointments.who_came([row.id for row in rows])
    found = [row for row in rows if row.id not in came]
    for row in found:
        with work(REGION, actor=COUNTER) as unit:
            _count(unit, row)
    return len(found)


def _count(unit: Unit, row: BookingView) -> None:
    _, is_new = NoShow.objects.get_or_create(
        booking_id=row.id,
        defaults={
            "institution_code": row.institution_code,
            "account_id": row.account_id,
            "person_id": row.person_id,
            "number": row.number,
            "department_name": row.department_name,
            "starts_at": row.starts_at,
            "found_at": unit.now,
        },
    )
    outcome = "ok" if is_new else "repeat"
    unit.audit("noshow.counted", target=f"booking:{row.id}", outcome=outcome, detail={"hospital": row.institution_code})
    tell(unit, "noshow.counted", NoShow.objects.get(booking_id=row.id))
    judge_everywhere(unit, row.id)


def judge_everywhere(unit: Unit, booking_id: UUID) -> None:
    """Bring the blocks of a no-show's person to what counts now, at its hospital and in the district."""
    row = NoShow.objects.get(booking_id=booking_id)
    for scope in (row.institution_code, DISTRICT):
        _judge(unit, scope, row)


def _judge(unit: Unit, scope: str, row: NoShow) -> None:
    """Block the person, or lift a block that no longer stands, by the rule in force for `scope`."""
    rule = Rule.objects.filter(institution_code=scope, ended_at__isnull=True).first()
    block = Block.objects.select_for_update().filter(person_id=row.person_id, institution_code=scope, lifted_at=None)
    standing = block.first()
    counted = _counted(unit.now, scope, row.person_id, rule) if rule else []
    enough = rule is not None and len(counted) >= rule.count
    if standing is not None and (not enough or standing.until <= unit.now):
        lift(unit, standing, reason="爽约次数不足，解除" if standing.until > unit.now else "期满")
        standing = None
    if rule is None or standing is not None or not enough:
        return
    until = max(counted) + timedelta(days=rule.block_days)
    if until <= unit.now:
        return
    Block.objects.create(
        institution_code=scope, person_id=row.person_id, count=len(counted), since=unit.now, until=until
    )
    detail = {"scope": scope, "until": until.isoformat(), "count": len(counted)}
    unit.audit("noshow.blocked", target=f"person:{row.person_id}", detail=detail)
    name = gettext("全区各医院") if scope == DISTRICT else registry.institution(scope).name
    tell(unit, "noshow.blocked", row, about=uuid5(row.booking_id, scope), institution=name, deadline=until)


def _counted(now: datetime, scope: str, person_id: UUID, rule: Rule) -> list[datetime]:
    """When the visits were that count under this rule now."""
    rows = NoShow.objects.filter(
        person_id=person_id, state__in=COUNTING, starts_at__gte=now - timedelta(days=rule.window_days)
    )
    if scope != DISTRICT:
        rows = rows.filter(institution_code=scope)
    return list(rows.values_list("starts_at", flat=True))


def lift(unit: Unit, block: Block, *, reason: str) -> None:
    """End a block before its time."""
    block.lifted_at, block.lifted_by, block.reason = unit.now, unit.actor.name[:60], reason
    block.save(update_fields=["lifted_at", "lifted_by", "reason"])
    unit.audit("noshow.block_lifted", target=f"person:{block.person_id}", reason=reason)


def tell(unit: Unit, kind: str, row: NoShow, *, about: UUID | None = None, **more: FactValue) -> None:
    """One message to the account that booked the visit."""
    facts: dict[str, FactValue] = {
        "institution": registry.institution(row.institution_code).name,
        "department": row.department_name,
        "when": row.starts_at,
    }
    notifications.send(
        unit,
        kind=kind,
        account_id=row.account_id,
        person_id=row.person_id,
        institution_code=row.institution_code,
        about=about or row.booking_id,
        subject=row.booking_id,
        facts={**facts, **more},
    )
