"""From the home page to the read-back: hospital, department, day, doctor, number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, NotFound
from hub.tenancy.scope import hospital as hospital_scope
from portal.commands import command_of
from portal.resident.pages import chosen_person, page, people_of, resident_of, resident_page
from regional_services.booking import rights, services
from regional_services.booking import selectors as bookings
from regional_services.booking.services import BookingWish
from regional_services.catalog import selectors
from regional_services.catalog.selectors import HospitalCard, SessionCard
from tenants.appointments.errors import SlotChanged
from tenants.directory import editing
from tenants.registry import functions
from tenants.registry import selectors as registry
from tenants.registry.models import Kind
from tenants.registry.selectors import InstitutionView
from tenants.scheduling import selectors as scheduling
from tenants.scheduling.selectors import NumberView

NEARBY = 5
DAYS_SHOWN = 14
FEW = 3
PERIODS = {"am": "上午", "pm": "下午", "evening": "晚间", "day": "全天"}
HELD_OR_TAKEN = "已约"


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
        distance = f"{card.distance_m} 米" if card.distance_m < 1000 else f"{card.distance_m / 1000:.1f} 公里"
    return Row(view.code, view.name, view.short_name, view.level, view.kind_text, view.address, distance, _closed(view))


def _services() -> list[Service]:
    later = _("即将开通")
    return [
        Service(_("预约挂号"), "book", "/hospitals"),
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
    }
    return page(request, "home", "home", context)


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Institutions, departments and doctors by name or pinyin initials."""
    text = request.GET.get("q", "").strip()[:30]
    found = selectors.search(text)
    names = {view.code: view.short_name for view in registry.institutions()}
    departments = {row.id: row.name for row in found.departments}
    context = {
        "q": text,
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
    context = {"kinds": kinds, "chosen": chosen, "q": text, "hospitals": [_row(card) for card in shown], "back": "/"}
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
        "closed": _closed(institution),
        "back": "/hospitals",
    }
    return page(request, "hospital", "book", context)


def _closed(institution: InstitutionView) -> str:
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
    counts = {card.date: card for card in selectors.days_of(department_id)}
    today = clock.today()
    days = [
        Day(
            day,
            counts[day].free if day in counts else 0,
            counts[day].total if day in counts else 0,
            opens=bool(day in counts and counts[day].release_at),
        )
        for day in (today + timedelta(days=offset) for offset in range(DAYS_SHOWN))
    ]
    chosen = _chosen_day(request.GET.get("day", ""), days)
    sessions = selectors.sessions_of(department_id, day=chosen)
    first = _before_others(request, code, department_id)
    context = {
        "hospital": registry.institution(code),
        "closed": _closed(registry.institution(code)),
        "department": found,
        "days": days,
        "chosen": chosen,
        "sessions": [_session_row(card, first=first) for card in sessions],
        "age": _age(max((card.age_seconds for card in sessions), default=0)),
        "back": f"/hospitals/{code}",
    }
    return page(request, "department", "book", context)


def _chosen_day(text: str, days: list[Day]) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return next((day.date for day in days if day.free), days[0].date)


def _session_row(card: SessionCard, *, first: bool) -> dict[str, object]:
    hours = ""
    if card.first_start and card.last_end:
        hours = f"{clock.local(card.first_start):%H:%M}-{clock.local(card.last_end):%H:%M}"
    return {
        "id": card.id,
        "doctor_name": card.doctor_name,
        "title": card.doctor_title or card.registration_level,
        "period_text": PERIODS.get(card.period, ""),
        "hours": hours,
        "room": card.room,
        "fee_fen": card.fee_fen,
        "state": card.state,
        "free": card.free,
        "opens": "" if card.is_released or first else opening(card.release_at),
        "open": card.state == "open" and (card.free > 0 or first) and (card.is_released or first),
    }


def opening(at: datetime | None) -> str:
    """`明天 07:00 放号`, or with the date where it is farther away."""
    if at is None:
        return ""
    local = clock.local(at)
    names = {0: _("今天"), 1: _("明天"), 2: _("后天")}
    day = names.get((local.date() - clock.today()).days, f"{local.month}月{local.day}日")
    return f"{day} {local:%H:%M} {_('放号')}"


def _age(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} 秒前"
    return f"{seconds // 60} 分钟前" if seconds < 3600 else f"{seconds // 3600} 小时前"


def _before_others(request: HttpRequest, code: str, department_id: UUID) -> bool:
    """Whether one of this resident's people may book here before others, after a closure of the district."""
    actor = resident_of(request)
    people = [person.person_id for person in people_of(actor)] if actor else []
    return bool(people) and rights.has_right(people, code, department_id)


def _session_context(
    request: HttpRequest, code: str, session_id: UUID
) -> tuple[dict[str, object], SessionCard, list[NumberView]]:
    card = selectors.session(session_id)
    if card.institution_code != code:
        raise NotFound
    first = _before_others(request, code, card.department_id)
    with hospital_scope(code, read_only=True):
        numbers = scheduling.numbers_of(session_id, every=first)
        notices = editing.notices(card.department_id)
    session = {
        "id": card.id,
        "doctor_name": card.doctor_name,
        "department_name": selectors.department(card.department_id).name,
        "date": card.date,
        "fee_fen": card.fee_fen,
    }
    back = f"/hospitals/{code}/departments/{card.department_id}?day={card.date.isoformat()}"
    institution = registry.institution(code)
    context = {
        "hospital": institution,
        "closed": _closed(institution),
        "session": session,
        "notices": notices,
        "opens": "" if card.is_released or first else opening(card.release_at),
        "first": first,
        "back": back,
    }
    return context, card, numbers


@require_GET
def session(request: HttpRequest, code: str, session_id: UUID) -> HttpResponse:
    """The numbers of a session, read from the hospital's own rows."""
    context, _card, numbers = _session_context(request, code, session_id)
    shown = [
        {
            "id": number.id,
            "start": number.start,
            "end": number.end,
            "sequence": number.sequence,
            "is_free": number.is_free and not context["closed"] and not context["opens"],
            "word": (_("待放号") if context["opens"] else _("暂停")) if number.is_free else HELD_OR_TAKEN,
        }
        for number in numbers
    ]
    return page(request, "session", "book", {**context, "numbers": shown})


@require_http_methods(["GET", "POST"])
@resident_page
def confirm(request: HttpRequest, actor: Actor, code: str, session_id: UUID, number_id: UUID) -> HttpResponse:
    """Read back what is about to be booked and for whom; then book it."""
    if request.method == "POST":
        return _book(request, actor, code, session_id, number_id)
    context, card, numbers = _session_context(request, code, session_id)
    number = next((row for row in numbers if row.id == number_id), None)
    if context["opens"]:
        messages.warning(request, str(context["opens"]), extra_tags="warn")
        return HttpResponseRedirect(f"/hospitals/{code}/sessions/{session_id}")
    if number is None or not number.is_free:
        messages.warning(request, _("这个号刚刚被约走了，请另选一个。"), extra_tags="warn")
        return HttpResponseRedirect(f"/hospitals/{code}/sessions/{session_id}")
    people = people_of(actor)
    chosen = chosen_person(request, people)
    context |= {
        "number": number,
        "people": people,
        "chosen": chosen,
        "quoted": services.is_quoted(code, card.fee_fen),
        "may_book": any(person.standing in ("verified", "temporary") for person in people),
        "back": f"/hospitals/{code}/sessions/{session_id}",
    }
    return page(request, "confirm", "book", context)


def _book(request: HttpRequest, actor: Actor, code: str, session_id: UUID, number_id: UUID) -> HttpResponse:
    here = f"/hospitals/{code}/sessions/{session_id}"
    try:
        wish = BookingWish(
            institution=code,
            person_id=UUID(request.POST.get("person_id", "")),
            session_id=session_id,
            number_id=number_id,
            starts_at=datetime.fromisoformat(request.POST.get("starts_at", "")),
            ends_at=datetime.fromisoformat(request.POST.get("ends_at", "")),
        )
    except ValueError:
        messages.error(request, _("请先选择就诊人。"), extra_tags="bad")
        return HttpResponseRedirect(request.get_full_path())
    try:
        view = services.create_booking(actor=actor, wish=wish, command=command_of(request, "booking.create"))
    except SlotChanged as refusal:
        messages.warning(request, refusal.text, extra_tags="warn")
        return HttpResponseRedirect(here)
    except HubError as refusal:
        messages.error(request, f"{refusal.text}{_('没有占号，也没有产生费用。')}", extra_tags="bad")
        return HttpResponseRedirect(here)
    return HttpResponseRedirect(f"/bookings/{view.id}")
