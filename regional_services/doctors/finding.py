"""Finding doctors: text, institution, department, online, number this week, in four orders; one statement.

A doctor is a person: his posts are counted together, and institution and department must be those of one of his posts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from hub import clock
from hub.tenancy.statements import Statement
from regional_services.catalog import photos
from regional_services.catalog.pinyin import is_typed
from tenants.registry import functions
from tenants.registry import selectors as registry

WEEK = timedelta(days=6)
PAGE = 20


class Order(StrEnum):
    """How found doctors are ranked."""

    NUMBERS = "numbers"
    ENQUIRIES = "enquiries"
    CONSULTATIONS = "consultations"
    REVIEWS = "reviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; empty parts narrow nothing. `department` is a department's name, whatever the hospital."""

    text: str = ""
    institution: str = ""
    department: str = ""
    online: bool = False
    with_number: bool = False
    order: Order = Order.NUMBERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post of a practitioner; `photo` is an address, or empty."""

    doctor_id: UUID
    institution_code: str
    institution: str
    department_id: UUID
    department: str
    name: str
    title: str
    intro: str
    photo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorFound:
    """A practitioner in a list. `free` numbers and `next_start` are of today and the six days to come."""

    practitioner_id: UUID
    free: int
    next_start: datetime | None
    enquiries: int
    consultations: int
    reviews: int
    positive_reviews: int
    is_online: bool
    score: int
    posts: tuple[Post, ...]

    @property
    def name(self) -> str:
        """His name, as his first post has it."""
        return self.posts[0].name

    @property
    def title(self) -> str:
        """The highest he is given is not ours to say: the first post's."""
        return next((post.title for post in self.posts if post.title), "")

    @property
    def photo(self) -> str:
        """The address of his photograph at the first of his hospitals that shows one; empty without."""
        return photo_of(self.posts)


_FOUND = Statement(
    "default",
    """
WITH week AS (
    SELECT s.doctor_id, sum(s.free) AS free, min(s.next_free_start) AS next_start
    FROM regional_catalog_catalogsession s
    WHERE s.date BETWEEN %(today)s AND %(last)s AND s.state = 'open' AND s.free > 0 AND NOT s.is_reserved
        AND s.doctor_id IS NOT NULL AND s.institution_code = ANY(%(bookable)s::text[])
        AND (s.release_at IS NULL OR s.release_at <= %(now)s)
    GROUP BY s.doctor_id),
person AS (
    SELECT d.practitioner_id, coalesce(sum(w.free), 0)::bigint AS free, min(w.next_start) AS next_start
    FROM regional_catalog_catalogdoctor d
    JOIN regional_catalog_catalogdepartment k ON k.department_id = d.department_id
    LEFT JOIN week w ON w.doctor_id = d.doctor_id
    WHERE d.is_active AND k.is_active AND NOT k.is_reserved AND d.institution_code = ANY(%(shown)s::text[])
        AND (%(institution)s::text = '' OR d.institution_code = %(institution)s::text)
        AND (%(department)s::text = '' OR k.name = %(department)s::text)
        AND (%(text)s::text = '' OR strpos(d.name, %(text)s::text) > 0
            OR (%(typed)s::text <> '' AND (starts_with(d.initials, upper(%(typed)s::text))
                OR starts_with(d.pinyin, %(typed)s::text))))
    GROUP BY d.practitioner_id),
scored AS (
    SELECT e.practitioner_id, e.free, e.next_start, coalesce(p.enquiries, 0) AS enquiries,
        coalesce(p.consultations, 0) AS consultations, coalesce(p.reviews, 0) AS reviews,
        coalesce(p.positive_reviews, 0) AS positive, coalesce(p.online_until > %(now)s, false) AS online,
        CASE %(order)s::text WHEN 'enquiries' THEN coalesce(p.enquiries, 0)
            WHEN 'consultations' THEN coalesce(p.consultations, 0)
            WHEN 'reviews' THEN coalesce(p.positive_reviews, 0) ELSE e.free END::bigint AS score
    FROM person e LEFT JOIN doctors_profile p ON p.practitioner_id = e.practitioner_id)
SELECT practitioner_id, free, next_start, enquiries, consultations, reviews, positive, online, score FROM scored
WHERE (NOT %(online)s OR online) AND (NOT %(with_number)s OR free > 0)
    AND (%(after_id)s::uuid IS NULL OR score < %(after_score)s::bigint
        OR (score = %(after_score)s::bigint AND practitioner_id > %(after_id)s::uuid))
ORDER BY score DESC, practitioner_id LIMIT %(limit)s::int OFFSET %(offset)s::int
""",
)
_POSTS = Statement(
    "default",
    """
SELECT d.practitioner_id, d.doctor_id, d.institution_code, d.department_id, k.name, d.name, d.title, d.intro,
    d.photo
FROM regional_catalog_catalogdoctor d
JOIN regional_catalog_catalogdepartment k ON k.department_id = d.department_id
WHERE d.practitioner_id = ANY(%(people)s::uuid[]) AND d.is_active AND k.is_active AND NOT k.is_reserved
    AND d.institution_code = ANY(%(shown)s::text[])
ORDER BY d.institution_code, d.code, k.code
""",
)
_DEPARTMENTS = Statement(
    "default",
    """
SELECT DISTINCT k.name FROM regional_catalog_catalogdepartment k
WHERE k.is_active AND NOT k.is_reserved AND k.institution_code = ANY(%(shown)s::text[])
    AND (%(institution)s::text = '' OR k.institution_code = %(institution)s::text)
    AND EXISTS (SELECT 1 FROM regional_catalog_catalogdoctor d WHERE d.department_id = k.department_id AND d.is_active)
ORDER BY k.name
""",
)


def find(
    wanted: Wanted, *, after: tuple[str, ...] | None = None, offset: int = 0, limit: int = PAGE
) -> list[DoctorFound]:
    """The doctors wanted, best first; those after `(score, practitioner_id)`, or from place `offset` on. Two queries.

    The matching posts of a doctor come first among his posts.
    """
    text = wanted.text.strip()
    rows = _FOUND.rows(
        today=clock.today(),
        last=clock.today() + WEEK,
        now=clock.now(),
        bookable=[view.code for view in registry.institutions_with(functions.BOOKING) if not view.closed],
        shown=shown(),
        institution=wanted.institution,
        department=wanted.department,
        text=text,
        typed=text.lower() if is_typed(text) else "",
        order=wanted.order.value,
        online=wanted.online,
        with_number=wanted.with_number,
        after_score=int(after[0]) if after else None,
        after_id=UUID(after[1]) if after else None,
        limit=limit,
        offset=offset,
    )
    posts = posts_of([row[0] for row in rows])
    return [
        DoctorFound(
            practitioner_id=row[0],
            free=row[1],
            next_start=row[2],
            enquiries=row[3],
            consultations=row[4],
            reviews=row[5],
            positive_reviews=row[6],
            is_online=row[7],
            score=row[8],
            posts=_fitting_first(posts[row[0]], wanted),
        )
        for row in rows
    ]


def posts_of(people: Collection[UUID]) -> dict[UUID, list[Post]]:
    """The posts of these practitioners that residents see. One query."""
    names = {view.code: view.short_name for view in registry.institutions()}
    found: defaultdict[UUID, list[Post]] = defaultdict(list)
    for row in _POSTS.rows(people=list(people), shown=shown()):
        found[row[0]].append(
            Post(
                doctor_id=row[1],
                institution_code=row[2],
                institution=names.get(row[2], ""),
                department_id=row[3],
                department=row[4],
                name=row[5],
                title=row[6],
                intro=row[7],
                photo=photos.address(row[2], row[0], row[8]),
            )
        )
    return found


def photo_of(posts: Sequence[Post]) -> str:
    """The address of the first photograph among these posts; empty without."""
    return next((post.photo for post in posts if post.photo), "")


def department_names(institution: str = "") -> list[str]:
    """Names of departments that have doctors, in the district or at one institution. One query."""
    return [name for (name,) in _DEPARTMENTS.rows(shown=shown(), institution=institution)]


def shown() -> list[str]:
    """The institutions residents see. No query when warm."""
    return [view.code for view in registry.institutions() if view.is_shown]


def _fitting_first(posts: Sequence[Post], wanted: Wanted) -> tuple[Post, ...]:
    def fits(post: Post) -> bool:
        return wanted.institution in ("", post.institution_code) and wanted.department in ("", post.department)

    return tuple(sorted(posts, key=lambda post: not fits(post)))
