"""What residents browse. Called inside a region scope; every function states its queries, none depends on the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet, Sum

from hub import clock
from hub.errors import NotFound
from regional_services.catalog import photos
from regional_services.catalog.distance import metres
from regional_services.catalog.models import CatalogDepartment, CatalogDoctor, CatalogSession
from regional_services.catalog.pinyin import is_typed, sounds_like
from tenants.registry import functions
from tenants.registry import selectors as registry
from tenants.registry.selectors import InstitutionView

OPEN = "open"
SEARCH_LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HospitalCard:
    """An institution in a list; `distance_m` when the resident's place is known."""

    institution: InstitutionView
    distance_m: int | None
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentCard:
    """A department with what is left in the days to come."""

    id: UUID
    institution_code: str
    code: str
    name: str
    parent_id: UUID | None
    intro: str
    location: str
    sensitivity: str
    service: str
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCard:
    """A day of a department."""

    date: date
    free: int
    total: int
    release_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorCard:
    """A doctor's post; the practitioner is the person, who may have several. `photo` is an address, or empty."""

    id: UUID
    practitioner_id: UUID
    institution_code: str
    department_id: UUID
    name: str
    title: str
    intro: str
    photo: str
    registration_level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCard:
    """A session in a list: counts are a hint of the age `synced_at` and `refreshed_at` tell."""

    id: UUID
    institution_code: str
    department_id: UUID
    doctor_id: UUID | None
    doctor_name: str
    doctor_title: str
    doctor_photo: str
    date: date
    period: str
    registration_level: str
    fee_fen: int
    room: str
    state: str
    release_at: datetime | None
    first_start: datetime | None
    last_end: datetime | None
    free: int
    total: int
    next_free_start: datetime | None
    synced_at: datetime
    refreshed_at: datetime

    @property
    def is_released(self) -> bool:
        """Whether its numbers may be booked by now; else `release_at` says when."""
        return self.release_at is None or self.release_at <= clock.now()

    @property
    def age_seconds(self) -> int:
        """How old the hospital's own word is."""
        return max(0, int((clock.now() - self.synced_at).total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search brings."""

    institutions: list[InstitutionView]
    departments: list[DepartmentCard]
    doctors: list[DoctorCard]


def hospitals(*, latitude: float | None = None, longitude: float | None = None, kind: str = "") -> list[HospitalCard]:
    """Institutions open for booking, nearest first where the place is known. One query."""
    free: dict[str, int] = dict(
        _bookable().values_list("institution_code").annotate(free=Sum("free")).order_by("institution_code")
    )
    cards = [
        HospitalCard(
            institution=view,
            distance_m=None
            if latitude is None or longitude is None
            else metres(latitude, longitude, view.latitude, view.longitude),
            free=free.get(view.code, 0),
        )
        for view in registry.institutions_with(functions.BOOKING)
        if kind in ("", view.kind)
    ]
    if latitude is None or longitude is None:
        return cards
    return sorted(cards, key=lambda card: card.distance_m or 0)


def free_in_district() -> int:
    """Numbers residents may book now, of all institutions. One query."""
    codes = [view.code for view in registry.institutions_with(functions.BOOKING)]
    return int(_bookable().filter(institution_code__in=codes).aggregate(free=Sum("free", default=0))["free"])


def departments_of(code: str, *, reserved: bool = False) -> list[DepartmentCard]:
    """The departments of an institution; `reserved`: also what is kept for the synthetic resident. Two queries."""
    free = _free_by_department(Q(institution_code=code), reserved=reserved)
    rows = _departments(reserved).filter(institution_code=code, is_active=True).order_by("code")
    return [_department(row, free) for row in rows]


def departments_for(service: str, *, code: str = "") -> list[DepartmentCard]:
    """The departments whose numbers are for a service, of one institution or of all. Two queries."""
    rows = CatalogDepartment.objects.filter(service=service, is_active=True).order_by("institution_code", "code")
    found = list(rows.filter(institution_code=code) if code else rows)
    free = _free_by_department(Q(department_id__in=[row.department_id for row in found]))
    return [_department(row, free) for row in found]


def department(department_id: UUID, *, reserved: bool = False) -> DepartmentCard:
    """One department; NotFound for a stranger. Two queries."""
    row = _departments(reserved).filter(pk=department_id).first()
    if row is None:
        raise NotFound
    return _department(row, _free_by_department(Q(department_id=department_id), reserved=reserved))


def days_of(department_id: UUID) -> list[DayCard]:
    """The days with sessions of a department, from today on. One query."""
    rows = (
        CatalogSession.objects.filter(department_id=department_id, state=OPEN, date__gte=clock.today())
        .values_list("date")
        .annotate(
            free=Sum("free", filter=_released(), default=0),
            total=Sum("total"),
            opens=Min("release_at", filter=~_released()),
        )
        .order_by("date")
    )
    return [DayCard(date=day, free=free, total=total, release_at=opens) for day, free, total, opens in rows]


def doctors_of(department_id: UUID) -> list[DoctorCard]:
    """The doctors of a department. One query."""
    rows = CatalogDoctor.objects.filter(department_id=department_id, is_active=True).order_by("code")
    return [_doctor(row) for row in rows]


def doctor(doctor_id: UUID) -> DoctorCard:
    """One doctor's post; NotFound for a stranger. One query."""
    row = CatalogDoctor.objects.filter(pk=doctor_id).first()
    if row is None:
        raise NotFound
    return _doctor(row)


def departments_by_id(department_ids: Sequence[UUID]) -> dict[UUID, DepartmentCard]:
    """Departments of anywhere, without their counts. One query."""
    rows = CatalogDepartment.objects.filter(department_id__in=department_ids)
    return {row.department_id: _department(row, {}) for row in rows}


def doctors_by_id(doctor_ids: Sequence[UUID]) -> dict[UUID, DoctorCard]:
    """Posts of anywhere. One query."""
    return _posts(Q(pk__in=doctor_ids))


def sessions_of(
    department_id: UUID,
    *,
    day: date | None = None,
    after: tuple[str, ...] | None = None,
    limit: int = 200,
    reserved: bool = False,
) -> list[SessionCard]:
    """Sessions of a department, of one day or from today on, in order of day, start and id. Two queries."""
    rows = _sessions(reserved).filter(department_id=department_id).exclude(state="withdrawn")
    rows = rows.filter(date=day) if day else rows.filter(date__gte=clock.today())
    if after is not None:
        last_day, last_id = date.fromisoformat(after[0]), UUID(after[1])
        rows = rows.filter(Q(date__gt=last_day) | Q(date=last_day, session_id__gt=last_id))
    posts = _posts(Q(department_id=department_id))
    return [_session(row, posts) for row in rows.order_by("date", "session_id")[:limit]]


def open_sessions_by_day(codes: Sequence[str], days: Sequence[date]) -> dict[tuple[str, date], int]:
    """How many sessions of these institutions take place on these days. One query."""
    rows = (
        CatalogSession.objects.filter(institution_code__in=codes, date__in=days, state=OPEN)
        .values_list("institution_code", "date")
        .annotate(count=Count("session_id"))
    )
    return {(code, day): count for code, day, count in rows}


def next_releases(codes: Sequence[str], before: datetime) -> dict[str, datetime]:
    """When the next numbers of these institutions are opened, of those that are before an instant. One query."""
    rows = CatalogSession.objects.filter(
        institution_code__in=codes, state=OPEN, release_at__gt=clock.now(), release_at__lte=before
    )
    return dict(rows.values_list("institution_code").annotate(next=Min("release_at")).order_by())


def sessions_of_doctor(doctor_id: UUID) -> list[SessionCard]:
    """The sessions of a doctor's post from today on. Two queries."""
    rows = CatalogSession.objects.filter(doctor_id=doctor_id, date__gte=clock.today()).exclude(state="withdrawn")
    posts = _posts(Q(pk=doctor_id))
    return [_session(row, posts) for row in rows.order_by("date", "session_id")]


def session(session_id: UUID, *, reserved: bool = False) -> SessionCard:
    """One session; NotFound for a stranger. Two queries."""
    row = _sessions(reserved).filter(pk=session_id).first()
    if row is None:
        raise NotFound
    return _session(row, _posts(Q(pk__in=[row.doctor_id] if row.doctor_id else [])))


def search(text: str) -> Found:
    """Institutions, departments and doctors by part of the name, its pinyin or initials. Three queries at most."""
    wanted = text.strip()
    if not wanted:
        return Found(institutions=[], departments=[], doctors=[])
    match = Q(name__contains=wanted)
    if is_typed(wanted):
        match |= Q(initials__startswith=wanted.upper()) | Q(pinyin__startswith=wanted.lower())
    departments = list(CatalogDepartment.objects.filter(match, is_active=True).order_by("code")[:SEARCH_LIMIT])
    free = _free_by_department(Q(department_id__in=[row.department_id for row in departments]))
    doctors = CatalogDoctor.objects.filter(match, is_active=True).order_by("code")[:SEARCH_LIMIT]
    return Found(
        institutions=[view for view in registry.institutions() if view.is_shown and _is_called(view, wanted)],
        departments=[_department(row, free) for row in departments],
        doctors=[_doctor(row) for row in doctors],
    )


def _is_called(view: InstitutionView, wanted: str) -> bool:
    names = (view.name, view.short_name, *view.aliases)
    return any(wanted in name or (is_typed(wanted) and sounds_like(name, wanted)) for name in names)


def _departments(reserved: bool) -> QuerySet[CatalogDepartment]:
    return CatalogDepartment.every.all() if reserved else CatalogDepartment.objects.all()


def _sessions(reserved: bool) -> QuerySet[CatalogSession]:
    return CatalogSession.every.all() if reserved else CatalogSession.objects.all()


def _bookable(*, reserved: bool = False) -> QuerySet[CatalogSession]:
    today = clock.today()
    return _sessions(reserved).filter(
        _released(), date__range=(today, today + timedelta(days=60)), state=OPEN, free__gt=0
    )


def _released() -> Q:
    """Sessions whose numbers are open: what a release rule holds back counts as nothing yet."""
    return Q(release_at__isnull=True) | Q(release_at__lte=clock.now())


def _free_by_department(condition: Q, *, reserved: bool = False) -> dict[UUID, int]:
    return dict(_bookable(reserved=reserved).filter(condition).values_list("department_id").annotate(free=Sum("free")))


def _department(row: CatalogDepartment, free: dict[UUID, int]) -> DepartmentCard:
    return DepartmentCard(
        id=row.department_id,
        institution_code=row.institution_code,
        code=row.code,
        name=row.name,
        parent_id=row.parent_id,
        intro=row.intro,
        location=row.location,
        sensitivity=row.sensitivity,
        service=row.service,
        free=free.get(row.department_id, 0),
    )


def _doctor(row: CatalogDoctor) -> DoctorCard:
    return DoctorCard(
        id=row.doctor_id,
        practitioner_id=row.practitioner_id,
        institution_code=row.institution_code,
        department_id=row.department_id,
        name=row.name,
        title=row.title,
        intro=row.intro,
        photo=photos.address(row.institution_code, row.practitioner_id, row.photo),
        registration_level=row.registration_level,
    )


def _posts(of: Q) -> dict[UUID, DoctorCard]:
    return {row.doctor_id: _doctor(row) for row in CatalogDoctor.objects.filter(of)}


def _session(row: CatalogSession, posts: dict[UUID, DoctorCard]) -> SessionCard:
    post = posts.get(row.doctor_id) if row.doctor_id else None
    return SessionCard(
        id=row.session_id,
        institution_code=row.institution_code,
        department_id=row.department_id,
        doctor_id=row.doctor_id,
        doctor_name=row.doctor_name,
        doctor_title=post.title if post else "",
        doctor_photo=post.photo if post else "",
        date=row.date,
        period=row.period,
        registration_level=row.registration_level,
        fee_fen=row.fee_fen,
        room=row.room,
        state=row.state,
        release_at=row.release_at,
        first_start=row.first_start,
        last_end=row.last_end,
        free=row.free,
        total=row.total,
        next_free_start=row.next_free_start,
        synced_at=row.synced_at,
        refreshed_at=row.refreshed_at,
    )
