"""A doctor's home page, his reviews, and whom an account follows. Called inside a region scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from hub import clock
from hub.tenancy.statements import Statement
from regional_services.catalog import posts
from regional_services.doctors import finding
from regional_services.doctors.errors import DoctorNotFound
from regional_services.doctors.finding import Post
from regional_services.doctors.models import Follow, Review

FOLLOWED_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is counted of a practitioner."""

    followers: int
    is_followed: bool
    enquiries: int
    consultations: int
    reviews: int
    positive_reviews: int
    introduction: str
    is_online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSession:
    """A session of this week that may be booked now, or will be from `release_at` on."""

    session_id: UUID
    institution_code: str
    doctor_id: UUID
    date: date
    period: str
    fee_fen: int
    room: str
    free: int
    next_start: datetime | None
    release_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorPage:
    """A practitioner's home page."""

    practitioner_id: UUID
    name: str
    title: str
    introduction: str
    photo: str
    figures: Figures
    posts: tuple[Post, ...]
    week: tuple[WeekSession, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """A review: stars, words, month; who wrote it is nobody's business."""

    id: UUID
    rating: int
    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A doctor somebody follows, with his next number of the week."""

    practitioner_id: UUID
    name: str
    title: str
    photo: str
    posts: tuple[Post, ...]
    free: int
    next_start: datetime | None


_FIGURES = Statement(
    "default",
    """
SELECT (SELECT count(*) FROM doctors_follow f WHERE f.practitioner_id = %(practitioner)s),
    EXISTS (SELECT 1 FROM doctors_follow f
            WHERE f.practitioner_id = %(practitioner)s AND f.account_id = %(account)s::uuid),
    coalesce(p.enquiries, 0), coalesce(p.consultations, 0), coalesce(p.reviews, 0), coalesce(p.positive_reviews, 0),
    coalesce(p.introduction, ''), coalesce(p.online_until > %(now)s, false)
FROM (SELECT 1) one LEFT JOIN doctors_profile p ON p.practitioner_id = %(practitioner)s
""",
)


def doctor_page(practitioner_id: UUID, *, account_id: UUID | None = None) -> DoctorPage:
    """The home page as `account_id` sees it; DoctorNotFound without a post residents see. Three queries."""
    posts = finding.posts_of([practitioner_id]).get(practitioner_id)
    if not posts:
        raise DoctorNotFound
    found = figures(practitioner_id, account_id=account_id)
    return DoctorPage(
        practitioner_id=practitioner_id,
        name=posts[0].name,
        title=next((post.title for post in posts if post.title), ""),
        introduction=found.introduction or next((post.intro for post in posts if post.intro), ""),
        photo=finding.photo_of(posts),
        figures=found,
        posts=tuple(posts),
        week=tuple(_week([post.doctor_id for post in posts])),
    )


def figures(practitioner_id: UUID, *, account_id: UUID | None = None) -> Figures:
    """What is counted; followers are counted from who follows. One query."""
    row = _FIGURES.row(practitioner=practitioner_id, account=account_id, now=clock.now())
    if row is None:
        raise DoctorNotFound
    return Figures(
        followers=row[0],
        is_followed=row[1],
        enquiries=row[2],
        consultations=row[3],
        reviews=row[4],
        positive_reviews=row[5],
        introduction=row[6],
        is_online=row[7],
    )


def reviews(practitioner_id: UUID, *, after: tuple[str, ...] | None = None, limit: int = 10) -> list[ReviewView]:
    """His reviews, newest first; those after `(written_at, id)`. One query."""
    rows = Review.objects.filter(practitioner_id=practitioner_id, withdrawn_at__isnull=True)
    if after is not None:
        at, last = datetime.fromisoformat(after[0]), UUID(after[1])
        rows = rows.filter(Q(written_at__lt=at) | Q(written_at=at, id__lt=last))
    return [
        ReviewView(id=row.id, rating=row.rating, text=row.text, written_at=row.written_at)
        for row in rows.order_by("-written_at", "-id")[:limit]
    ]


def followed_by(account_id: UUID) -> list[Followed]:
    """Whom an account follows, newest first; doctors without a post residents see are left out. Three queries."""
    people = list(
        Follow.objects.filter(account_id=account_id)
        .order_by("-id")
        .values_list("practitioner_id", flat=True)[:FOLLOWED_MOST]
    )
    posts = finding.posts_of(people)
    week = _week([post.doctor_id for several in posts.values() for post in several])
    found = []
    for practitioner_id in people:
        his = posts.get(practitioner_id)
        if his:
            own = {post.doctor_id for post in his}
            sessions = [one for one in week if one.doctor_id in own and one.release_at is None]
            found.append(
                Followed(
                    practitioner_id=practitioner_id,
                    name=his[0].name,
                    title=next((post.title for post in his if post.title), ""),
                    photo=finding.photo_of(his),
                    posts=tuple(his),
                    free=sum(one.free for one in sessions),
                    next_start=min((one.next_start for one in sessions if one.next_start), default=None),
                )
            )
    return found


def _week(doctor_ids: list[UUID]) -> list[WeekSession]:
    now, today = clock.now(), clock.today()
    return [
        WeekSession(
            session_id=one.session_id,
            institution_code=one.institution_code,
            doctor_id=one.doctor_id,
            date=one.date,
            period=one.period,
            fee_fen=one.fee_fen,
            room=one.room,
            free=one.free,
            next_start=one.next_start,
            release_at=one.release_at if one.release_at and one.release_at > now else None,
        )
        for one in posts.open_sessions(doctor_ids, today, today + finding.WEEK)
    ]
