"""From the home page to the read-back: hospital, department, day, doctor, number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hub import clock
from hub.errors import NotFound
from portal.components.paging import leaf_of
from portal.resident.pages import chosen_person, page, people_of, resident_of
from regional_services.announcements import selectors as announcements
from regional_services.booking import rights
from regional_services.booking import selectors as bookings
from regional_services.catalog import selectors
from regional_services.catalog.selectors import HospitalCard, SessionCard
from regional_services.doctors import guidance, reminding
from regional_services.waitlist import services as waitlist
from tenants.registry import functions
from tenants.registry import selectors as registry
from tenants.registry.models import Kind
from tenants.registry.selectors import InstitutionView
from tenants.scheduling.models import Period

NEARBY = 5
DAYS_SHOWN = 14
FEW = 3
PAGE = 50
PERIODS = {period.value: period.label for period in Period}


@dataclass(frozen=True, slots=True)
class Service:
    """One field of the services grid; without an address it is greyed out with the reason."""

    title: str
    glyph: str
    href: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the strip."""

    date: date
    free: int
    sessions: int
    opens: bool = False

    @property
    def tone(self) -> str:
        """free, few or full: the count beside it says the same."""
        if not self.free:
            return "full"
        return "few" if self.free <= FEW else "free"


@dataclass(frozen=True, slots=True)
class Row:
    """An institution in a list."""

    code: str
    name: str
    short_name: str
    level: str
    kind_text: str
    address: str
    distance_text: str
    closed: str


def _row(card: HospitalCard) -> Row:
    view = card.institution
    distance = ""
    if card.distance_m is not None:
        distance = (
            _("%(distance_m)s 米") % {"distance_m": card.distance_m}
            if card.distance_m < 1000
            else _("%(distance_m)s 公里") % {"distance_m": f"{card.distance_m / 1000:.1f}"}
        )
    return Row(view.code, view.name, view.short_name, view.level, view.kind_text, view.address, distance, closed(view))


def _services() -> list[Service]:
    later = _("即将开通")
    return [
        Service(_("预约挂号"), "book", "/hospitals"),
        Service(_("找医生"), "pulse", "/doctors"),
        Service(_("预防接种"), "pill", "/services/immunisation"),
        Service(_("健康体检"), "pulse", "/services/checkup"),
        Service(_("我的预约"), "list", "/bookings"),
        Service(_("就诊人"), "people", "/me/people"),
        Service(_("消息"), "mail", "/messages"),
        Service(_("门诊缴费"), "pay", why=later),
        Service(_("检查报告"), "report", why=later),
        Service(_("预问诊"), "chat", why=later),
        Service(_("中药配送"), "pill", why=later),
    ]


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Who is this for, what comes next, what can be done, which hospitals are near."""
    actor = resident_of(request)
    person = chosen_person(request, people_of(actor)) if actor else None
    upcoming = bookings.next_of_account(actor.id) if actor and actor.id else None
    cards = selectors.hospitals()
    context = {
        "signed_in": actor is not None,
        "person": person,
        "upcoming": upcoming,
        "upcoming_institution": registry.institution(upcoming.institution_code).short_name if upcoming else "",
        "services": _services(),
        "hospitals": [_row(card) for card in cards[:NEARBY]],
        "total": len(cards),
        "notices": announcements.at_home(),
    }
    return page(request, "home", "home", context)


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Institutions, departments and doctors by name, pinyin or initials; departments also by symptom and disease."""
    text = request.GET.get("q", "").strip()[:30]
    found = selectors.search(text)
    names = {view.code: view.short_name for view in registry.institutions()}
    departments = {row.id: row.name for row in found.departments}
    context = {
        "q": text,
        "advice": guidance.advise(text),
        "hospitals": [_row(HospitalCard(institution=view, distance_m=None, free=0)) for view in found.institutions],
        "departments": [{"hit": row, "institution": names.get(row.institution_code, "")} for row in found.departments],
        "doctors": [
            {
                "hit": row,
                "institution": names.get(row.institution_code, ""),
                "department": departments.get(row.department_id, ""),
            }
            for row in found.doctors
        ],
        "back": "/",
    }
    return page(request, "search", "home", context)


@require_GET
def hospitals(request: HttpRequest) -> HttpResponse:
    """All institutions, by kind and name."""
    cards = selectors.hospitals()
    text, chosen = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    kinds = [{"code": "", "title": _("全部"), "count": len(cards)}]
    kinds += [
        {"code": kind.value, "title": kind.label, "count": sum(card.institution.kind == kind for card in cards)}
        for kind in Kind
    ]
    shown = [
        card
        for card in cards
        if chosen in ("", card.institution.kind)
        and any(text in word for word in (card.institution.name, card.institution.address, *card.institution.aliases))
    ]
    leaf = leaf_of(request, shown, PAGE)
    context = {
        "kinds": kinds,
        "chosen": chosen,
        "q": text,
        "leaf": leaf,
        "hospitals": [_row(card) for card in leaf.rows],
        "back": "/",
    }
    return page(request, "hospitals", "book", context)


@require_GET
def hospital(request: HttpRequest, code: str) -> HttpResponse:
    """One institution: how it books, its departments with what is left."""
    institution = registry.institution(code)
    if not institution.is_shown:
        raise NotFound
    context = {
        "hospital": institution,
        "departments": selectors.departments_of(code),
        "closed": closed(institution),
        "notices": announcements.at_institution(code),
        "back": "/hospitals",
    }
    return page(request, "hospital", "book", context)


def closed(institution: InstitutionView) -> str:
    """Why nothing can be booked here now; empty while it can."""
    if institution.closed or institution.is_on(functions.BOOKING):
        return institution.closed
    return _("本院暂停线上预约，请到医院窗口办理。")


@require_GET
def department(request: HttpRequest, code: str, department_id: UUID) -> HttpResponse:
    """A department's days and, of the chosen day, its sessions."""
    found = selectors.department(department_id)
    if found.institution_code != code:
        raise NotFound
    days = days_shown(department_id)
    chosen = chosen_day(request.GET.get("day", ""), days)
    sessions = selectors.sessions_of(department_id, day=chosen)
    first = before_others(request, code, department_id)
    context = {
        "hospital": registry.institution(code),
        "closed": closed(registry.institution(code)),
        "department": found,
        "days": days,
        "chosen": chosen,
        "sessions": [session_row(card, first=first) for card in sessions],
        "may_remind": not any(day.free for day in days) and not closed(registry.institution(code)),
        "reminded": _is_reminded(request, department_id),
        "age": _age(max((card.age_seconds for card in sessions), default=0)),
        "back": f"/hospitals/{code}",
    }
    return page(request, "department", "book", context)


def days_shown(department_id: UUID) -> list[Day]:
    """The strip of days of a department, with what is free on each. One query."""
    counts = {card.date: card for card in selectors.days_of(department_id)}
    return [
        Day(
            day,
            counts[day].free if day in counts else 0,
            counts[day].total if day in counts else 0,
            opens=bool(day in counts and counts[day].release_at),
        )
        for day in (clock.today() + timedelta(days=offset) for offset in range(DAYS_SHOWN))
    ]


def _is_reminded(request: HttpRequest, department_id: UUID) -> bool:
    actor = resident_of(request)
    return bool(actor and actor.id and reminding.is_set(actor.id, department_id))


def chosen_day(text: str, days: list[Day]) -> date:
    """The day of the strip that was asked for, else the first with a free number."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return next((day.date for day in days if day.free), days[0].date)


def session_row(card: SessionCard, *, first: bool) -> dict[str, object]:
    """A session as lists show it; `first`: for somebody who may book before others."""
    hours = ""
    if card.first_start and card.last_end:
        hours = f"{clock.local(card.first_start):%H:%M}-{clock.local(card.last_end):%H:%M}"
    return {
        "id": card.id,
        "doctor_name": card.doctor_name,
        "photo": card.doctor_photo,
        "title": card.doctor_title or card.registration_level,
        "period_text": PERIODS.get(card.period, ""),
        "hours": hours,
        "room": card.room,
        "fee_fen": card.fee_fen,
        "state": card.state,
        "free": card.free,
        "over": bool(card.last_end and card.last_end <= clock.now()),
        "opens": "" if card.is_released or first else opening(card.release_at),
        "queue": not card.free and not first and waitlist.may_join(card),
        "open": card.state == "open" and (card.free > 0 or first) and (card.is_released or first),
    }


def opening(at: datetime | None) -> str:
    """`明天 07:00 放号`, or with the date where it is farther away."""
    if at is None:
        return ""
    local = clock.local(at)
    names = {0: _("今天"), 1: _("明天"), 2: _("后天")}
    day = names.get(
        (local.date() - clock.today()).days, _("%(month)s月%(day)s日") % {"month": local.month, "day": local.day}
    )
    return f"{day} {local:%H:%M} {_('放号')}"


def _age(seconds: int) -> str:
    if seconds < 60:
        return _("%(seconds)s 秒前") % {"seconds": seconds}
    return (
        _("%(seconds)s 分钟前") % {"seconds": seconds // 60}
        if seconds < 3600
        else _("%(seconds)s 小时前") % {"seconds": seconds // 3600}
    )


def before_others(request: HttpRequest, code: str, department_id: UUID) -> bool:
    """Whether one of this resident's people may book here before others, after a closure of the district."""
    actor = resident_of(request)
    people = [person.person_id for person in people_of(actor)] if actor else []
    return bool(people) and rights.has_right(people, code, department_id)
