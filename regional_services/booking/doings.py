"""What accounts did with bookings lately, for those who look at patterns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from regional_services.booking.models import Booking, State
from regional_services.booking.selectors import LIVE


@dataclass(frozen=True, slots=True)
class Doings:
    """Bookings made, those of them cancelled, and those that still stand."""

    made: int = 0
    cancelled: int = 0
    standing: int = 0

    def __add__(self, other: Doings) -> Doings:
        return Doings(self.made + other.made, self.cancelled + other.cancelled, self.standing + other.standing)


def doings_of(account_ids: Collection[UUID], since: datetime) -> dict[UUID, Doings]:
    """What each of these accounts booked since then; who did nothing is left out. One query."""
    rows = (
        Booking.objects.filter(account_id__in=account_ids, created_at__gte=since)
        .values_list("account_id")
        .annotate(
            made=Count("id"),
            cancelled=Count("id", filter=Q(state=State.CANCELLED)),
            standing=Count("id", filter=Q(state__in=LIVE)),
        )
        .order_by()
    )
    return {account: Doings(made, cancelled, standing) for account, made, cancelled, standing in rows}
