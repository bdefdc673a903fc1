"""Followers hear at once what became of a doctor's sessions (JA-DOCREC-08); nobody twice, nobody who has unfollowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hub.actor import system_actor
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.catalog import posts
from regional_services.catalog.events import DoctorServicesChanged, ServiceChange
from regional_services.catalog.posts import NamedPost
from regional_services.doctors.models import Follow
from regional_services.notifications import steps as notifications
from regional_services.notifications.catalogue import FactValue
from tenants.registry import selectors as registry
from tenants.scheduling.models import Period

TELLER = system_actor("医生关注")
BATCH = 200
NAMED = 3
_KINDS = {
    ServiceChange.RELEASED: "doctors.released",
    ServiceChange.STOPPED: "doctors.stopped",
    ServiceChange.MOVED: "doctors.moved",
}


def tell_followers(event: DoctorServicesChanged) -> int:
    """Tell who follows now, a batch at a time; how many accounts. A repeat tells nobody twice (`Message` is unique)."""
    told, last = 0, 0
    facts: dict[str, FactValue] | None = None
    while True:
        with work(REGION, actor=TELLER) as unit:
            post = posts.post(event.doctor_id)
            if post is None:
                return told  # nobody can follow who is in no catalogue
            facts = facts or _facts(event, post)
            batch = list(
                Follow.objects.filter(practitioner_id=post.practitioner_id, id__gt=last)
                .order_by("id")
                .values_list("id", "account_id")[:BATCH]
            )
            for _, account_id in batch:
                notifications.send(
                    unit,
                    kind=_KINDS[event.change],
                    account_id=account_id,
                    person_id=None,
                    institution_code=event.institution_code,
                    about=event.change_id,
                    facts=facts,
                )
        told += len(batch)
        if len(batch) < BATCH:
            return told
        last = batch[-1][0]


def when(days: Sequence[date], periods: Sequence[str]) -> str:
    """`11月22日上午、11月23日下午 等 5 场`."""
    names = [
        f"{day.month}月{day.day}日{Period(period).label if period in Period.values else ''}"
        for day, period in zip(days, periods, strict=True)
    ]
    return "、".join(names[:NAMED]) + (f" 等 {len(names)} 场" if len(names) > NAMED else "")


def _facts(event: DoctorServicesChanged, post: NamedPost) -> dict[str, FactValue]:
    return {
        "institution": registry.institution(event.institution_code).name,
        "department": post.department,
        "doctor": post.name,
        "days": when(event.days, event.periods),
    }
