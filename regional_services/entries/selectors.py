"""How far a visitor has come, and what became of a caller's links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from hub import clock
from hub.accounts import digests
from hub.accounts.services import openid_of
from hub.actor import Actor
from regional_services.catalog import offers
from regional_services.catalog.offers import Rule
from regional_services.entries import following
from regional_services.entries.errors import EntryRefused, VisitNotFound
from regional_services.entries.models import FollowState, RefusalCount, Visit
from regional_services.identity import selectors as identity
from regional_services.identity.models import RelationKind, Standing
from regional_services.identity.selectors import Member
from tenants.directory.models import Service
from tenants.registry import selectors as registry

LASTS = timedelta(hours=12)
MAY_BOOK = frozenset({Standing.VERIFIED, Standing.TEMPORARY})


class Step(StrEnum):
    """What a visitor does, in this order; the first that is not done is where he stands."""

    SIGN_IN = "sign_in"
    WECHAT = "wechat"
    FOLLOW = "follow"
    REAL_NAME = "real_name"
    PERSON = "person"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """One visit: where from, into what, for whom."""

    id: UUID
    caller_name: str
    service: Service
    place: str
    place_name: str
    account_id: UUID | None
    person_id: UUID | None
    booking_id: UUID | None

    @property
    def target(self) -> str:
        """The page of the service itself."""
        if self.service is not Service.OUTPATIENT:
            return f"/services/{self.service}" + (f"/{self.place}" if self.place else "")
        return f"/hospitals/{self.place}" if self.place else "/hospitals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a visitor stands: the step to do now, what WeChat said, and whom he may choose."""

    visit: VisitView
    step: Step
    follow: FollowState | None
    rule: Rule
    people: tuple[Member, ...]

    def fits(self, member: Member) -> bool:
        """Whether this person may be chosen: a checked name (or a newborn), and the right age today."""
        return member.standing in MAY_BOOK and self.rule.fits(member.birth_date, clock.today())


def visit_for(actor: Actor | None, visit_id: UUID, token: str) -> VisitView:
    """The visit of this account, or of this browser while no account has it; VisitNotFound otherwise. One query."""
    row = _living().filter(pk=visit_id).select_related("caller").first()
    if row is None:
        raise VisitNotFound
    account = actor.id if actor else None
    if row.account_id is not None:
        if row.account_id != account:
            raise VisitNotFound
    elif bytes(row.browser) != digests.of(token):
        raise VisitNotFound
    return view_of(row)


def progress(visit: VisitView) -> Progress:
    """Where the visitor stands. Seven queries at most."""
    rule, account_id = offers.rule_of(visit.service), visit.account_id
    if account_id is None:
        return Progress(visit=visit, step=Step.SIGN_IN, follow=None, rule=rule, people=())
    has_wechat = openid_of(account_id, settings.HUB_WECHAT_APPID) is not None
    follow = following.follow_of(account_id) if has_wechat else None
    found = Progress(
        visit=visit, step=Step.SERVICE, follow=follow, rule=rule, people=tuple(identity.people_of(account_id))
    )
    return replace(found, step=_step(found, has_wechat))


def _step(found: Progress, has_wechat: bool) -> Step:
    """The first that is not done. A person chosen before must still be the account's, and of age."""
    if not has_wechat:
        return Step.WECHAT
    if found.follow is not FollowState.YES:
        return Step.FOLLOW
    if not any(member.kind == RelationKind.SELF and member.standing == Standing.VERIFIED for member in found.people):
        return Step.REAL_NAME
    chosen = next((member for member in found.people if member.person_id == found.visit.person_id), None)
    return Step.SERVICE if chosen is not None and found.fits(chosen) else Step.PERSON


def of_booking(account_id: UUID, booking_id: UUID) -> VisitView | None:
    """The visit in which this account made this booking. One query."""
    row = Visit.objects.filter(account_id=account_id, booking_id=booking_id).select_related("caller").first()
    return view_of(row) if row else None


def view_of(row: Visit) -> VisitView:
    """The visit as a value."""
    return VisitView(
        id=row.id,
        caller_name=row.caller.name,
        service=Service(row.service),
        place=row.place,
        place_name=registry.institution(row.place).name if row.place else "",
        account_id=row.account_id,
        person_id=row.person_id,
        booking_id=row.booking_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """One caller's day."""

    day: date
    arrived: int
    ready: int
    booked: int
    returned: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A caller's last days: by day, by service and by reason of refusal."""

    days: list[DayFigures]
    services: list[tuple[str, int, int]]
    reasons: list[tuple[str, int]]
    latest: datetime | None

    @property
    def arrived(self) -> int:
        """Links that led in."""
        return sum(day.arrived for day in self.days)

    @property
    def booked(self) -> int:
        """Visits that ended in a booking."""
        return sum(day.booked for day in self.days)

    @property
    def refused(self) -> int:
        """Links that did not lead in."""
        return sum(day.refused for day in self.days)


def figures_of(caller_id: UUID, first: date, last: date) -> Figures:
    """What became of a caller's links from `first` to `last`. Three queries."""
    visits = Visit.objects.filter(
        caller_id=caller_id,
        arrived_at__gte=clock.at(first, clock.MIDNIGHT),
        arrived_at__lt=clock.at(last, clock.MIDNIGHT) + clock.DAY,
    )
    by_day: dict[date, list[int]] = {}
    latest: datetime | None = None
    services: dict[str, list[int]] = {}
    for service, arrived_at, ready_at, booked_at, returned_at in visits.values_list(
        "service", "arrived_at", "ready_at", "booked_at", "returned_at"
    ).iterator():
        sums = by_day.setdefault(clock.local(arrived_at).date(), [0, 0, 0, 0])
        for place, reached in enumerate((True, ready_at, booked_at, returned_at)):
            sums[place] += bool(reached)
        kept = services.setdefault(service, [0, 0])
        kept[0] += 1
        kept[1] += booked_at is not None
        latest = arrived_at if latest is None else max(latest, arrived_at)
    refused = RefusalCount.objects.filter(caller_id=caller_id, day__range=(first, last))
    refused_by_day = dict(refused.values_list("day").annotate(total=Sum("count")))
    days = sorted({*by_day, *refused_by_day}, reverse=True)
    return Figures(
        days=[
            DayFigures(
                day=day,
                arrived=by_day.get(day, [0] * 4)[0],
                ready=by_day.get(day, [0] * 4)[1],
                booked=by_day.get(day, [0] * 4)[2],
                returned=by_day.get(day, [0] * 4)[3],
                refused=refused_by_day.get(day, 0),
            )
            for day in days
        ],
        services=[(Service(code).label, arrived, booked) for code, (arrived, booked) in sorted(services.items())],
        reasons=[
            (REASONS[reason], total)
            for reason, total in refused.values_list("reason").annotate(total=Sum("count")).order_by("-total")
        ],
        latest=latest,
    )


def totals(first: date, last: date) -> dict[UUID, tuple[int, int]]:
    """Of every caller: links that led in, and bookings that came of them. One query."""
    rows = (
        Visit.objects.filter(
            arrived_at__gte=clock.at(first, clock.MIDNIGHT), arrived_at__lt=clock.at(last, clock.MIDNIGHT) + clock.DAY
        )
        .values_list("caller_id")
        .annotate(arrived=Count("id"), booked=Count("id", filter=Q(booked_at__isnull=False)))
    )
    return {caller_id: (arrived, booked) for caller_id, arrived, booked in rows}


def unknown_callers(first: date, last: date) -> int:
    """Links that named nobody registered. One query."""
    found = RefusalCount.objects.filter(caller__isnull=True, day__range=(first, last)).aggregate(total=Sum("count"))
    return int(found["total"] or 0)


REASONS = {
    "unknown": "来源未登记",
    "off": "来源已停用",
    "signature": "签名不正确或密钥失效",
    "expired": "链接过期",
    "replayed": "重复使用",
    "return": "返回地址未登记",
    "service": "服务未开通",
    "place": "机构不符",
}
assert set(REASONS) == {kind.reason for kind in EntryRefused.__subclasses__()}


def _living() -> QuerySet[Visit]:
    return Visit.objects.filter(arrived_at__gt=clock.now() - LASTS)
