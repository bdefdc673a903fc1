"""Revisits 复诊: who saw the same department some days ago pays less, by the hospital's rule.

Only where the hospital does not quote each person's price itself (practice 11): its own word is better than a rule. The
earlier visit is one the hospital told of, at its full price: a revisit does not begin another period.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext

from regional_services.booking.models import Booking, Pricing, State
from regional_services.catalog.bookable import BookableSession
from tenants.registry import selectors as registry
from tenants.registry.selectors import InstitutionView


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a booking costs as it begins, and why."""

    fee_fen: int
    pricing: Pricing
    discount: str = ""
    revisit_of: UUID | None = None


def price_of(session: BookableSession, institution: InstitutionView, *, quoted: bool) -> Price:
    """The list price, the price the hospital is to name (`quoted`), or the revisit's. No query."""
    if quoted:
        return Price(fee_fen=session.fee_fen, pricing=Pricing.AWAITED)
    if session.revisit_of is None or not session.fee_fen:
        return Price(fee_fen=session.fee_fen, pricing=Pricing.LIST)
    return Price(
        fee_fen=reduced(session.fee_fen, institution.revisit_percent),
        pricing=Pricing.REVISIT,
        discount=gettext("%(days)s天内同科复诊") % {"days": institution.revisit_days},
        revisit_of=session.revisit_of,
    )


def reduced(list_fee_fen: int, percent: int) -> int:
    """The price of a revisit, fen, in the patient's favour."""
    return list_fee_fen * percent // 100


def who_revisits(institution: InstitutionView, department_id: UUID, day: date, people: Collection[UUID]) -> set[UUID]:
    """Which of these persons would revisit the department that day. One query where the hospital has the rule."""
    if not institution.revisit_days:
        return set()
    visits = _visits(institution.code, department_id, day, institution.revisit_days).filter(person_id__in=people)
    return set(visits.values_list("person_id", flat=True))


def problem_of(booking: Booking, earlier: Booking | None) -> str:
    """What is wrong with a booking at a revisit's price, re-derived by the rule as it stood then; empty if nothing."""
    rules = registry.institution(booking.institution_code)
    days = rules.rule_at("revisit_days", booking.created_at)
    percent = rules.rule_at("revisit_percent", booking.created_at)
    if earlier is None or earlier.state != State.FULFILLED or earlier.pricing == Pricing.REVISIT:
        return "booking is priced as a revisit of no visit"
    same = (earlier.person_id, earlier.department_id) == (booking.person_id, booking.department_id)
    if not same or not timedelta(0) < booking.visit_date - earlier.visit_date <= timedelta(days=days):
        return f"booking is priced as a revisit, its earlier visit was on {earlier.visit_date}"
    if booking.fee_fen != reduced(booking.list_fee_fen, percent):
        return f"booking is a revisit at {booking.fee_fen} fen, the rule says {percent} % of {booking.list_fee_fen}"
    return ""


def _visits(code: str, department_id: UUID, day: date, days: int) -> QuerySet[Booking]:
    return Booking.objects.filter(
        institution_code=code,
        department_id=department_id,
        state=State.FULFILLED,
        visit_date__lt=day,
        visit_date__gte=day - timedelta(days=days),
    ).exclude(pricing=Pricing.REVISIT)
