"""From a doctor's session to the read-back: its numbers, one of them, and what is about to be booked for whom."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hub.actor import Actor
from hub.errors import HubError, NotFound
from hub.tenancy.scope import hospital as hospital_scope
from portal.commands import command_of
from portal.resident.pages import chosen_person, page, people_of, resident_of, resident_page
from portal.resident.views.catalog import before_others, closed, opening, session_row
from portal.resident.views.entries import note_booking
from regional_services.booking import revisits, rush, services
from regional_services.booking import selectors as bookings
from regional_services.booking.errors import WaitInLine
from regional_services.booking.services import BookingWish
from regional_services.catalog import offers, selectors
from regional_services.catalog.selectors import SessionCard
from regional_services.identity.selectors import Member
from regional_services.noshow import selectors as noshows
from regional_services.waitlist import selectors as waitlist_selectors
from regional_services.waitlist import services as waitlist
from tenants.appointments.errors import SlotChanged
from tenants.directory import editing
from tenants.directory.models import Service
from tenants.registry import selectors as registry
from tenants.scheduling import selectors as scheduling
from tenants.scheduling.models import SessionState
from tenants.scheduling.selectors import NumberView

HELD_OR_TAKEN = "已约"
OTHERS = 6


def session_context(
    request: HttpRequest, code: str, session_id: UUID
) -> tuple[dict[str, object], SessionCard, list[NumberView]]:
    """What the pages of one session show, the session, and its numbers as this resident sees them."""
    card = selectors.session(session_id)
    if card.institution_code != code:
        raise NotFound
    first = before_others(request, code, card.department_id)
    with hospital_scope(code, read_only=True):
        numbers = scheduling.numbers_of(session_id, every=first)
        notices = editing.notices(card.department_id)
    session = {
        "id": card.id,
        "doctor_name": card.doctor_name,
        "photo": card.doctor_photo,
        "department_name": selectors.department(card.department_id).name,
        "date": card.date,
        "fee_fen": card.fee_fen,
    }
    back = f"/hospitals/{code}/departments/{card.department_id}?day={card.date.isoformat()}"
    institution = registry.institution(code)
    context = {
        "hospital": institution,
        "closed": closed(institution),
        "session": session,
        "notices": notices,
        "opens": "" if card.is_released or first else opening(card.release_at),
        "first": first,
        "back": back,
    }
    return context, card, numbers


def _others(card: SessionCard) -> list[dict[str, object]]:
    """When else the doctor sees patients: shown inside the flow, so that nobody leaves it to compare (WX-APPT-05)."""
    if card.doctor_id is None:
        return []
    return [
        {**session_row(other, first=False), "date": other.date}
        for other in selectors.sessions_of_doctor(card.doctor_id)
        if other.id != card.id and other.state == SessionState.OPEN
    ][:OTHERS]


@require_GET
def session(request: HttpRequest, code: str, session_id: UUID) -> HttpResponse:
    """The numbers of a session, read from the hospital's own rows."""
    context, card, numbers = session_context(request, code, session_id)
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
    actor = resident_of(request)
    context |= {
        "others": _others(card),
        "to_pay": bookings.to_pay(actor.id) if actor and actor.id else None,
        "turn_until": rush.turn_until(actor, code) if actor and not context["opens"] else None,
    }
    queue = not any(number["is_free"] for number in shown) or waitlist_selectors.is_queued(session_id)
    may_wait = queue and not context["closed"] and not context["first"] and waitlist.may_join(card)
    mine = waitlist_selectors.open_of_account(actor.id) if may_wait and actor and actor.id else []
    context |= {"waits": next((entry for entry in mine if entry.session_id == session_id), None)}
    context |= {"numbers": shown, "may_wait": may_wait, "line": bool(context["opens"]) and rush.is_open(code)}
    return page(request, "session", "book", context)


@require_http_methods(["GET", "POST"])
@resident_page
def confirm(request: HttpRequest, actor: Actor, code: str, session_id: UUID, number_id: UUID) -> HttpResponse:
    """Read back what is about to be booked and for whom; then book it."""
    if request.method == "POST":
        return _book(request, actor, code, session_id, number_id)
    context, card, numbers = session_context(request, code, session_id)
    number = next((row for row in numbers if row.id == number_id), None)
    if context["opens"]:
        messages.warning(request, str(context["opens"]), extra_tags="warn")
        return HttpResponseRedirect(f"/hospitals/{code}/sessions/{session_id}")
    if number is None or not number.is_free:
        messages.warning(request, _("这个号刚刚被约走了，请另选一个。"), extra_tags="warn")
        return HttpResponseRedirect(f"/hospitals/{code}/sessions/{session_id}")
    service = selectors.department(card.department_id).service
    rule = offers.rule_of(service) if service != Service.OUTPATIENT else None
    people = [person for person in people_of(actor) if rule is None or rule.fits(person.birth_date, card.date)]
    chosen = chosen_person(request, people)
    blocks = noshows.blocks_at(code, [person.person_id for person in people])
    quoted = services.is_quoted(code, card.fee_fen)
    context |= {
        "to_pay": bookings.to_pay(actor.id) if actor.id else None,
        "number": number,
        "revisits": [] if quoted else _revisits(code, card, people),
        "people": people,
        "chosen": chosen,
        "rule": rule,
        "quoted": quoted,
        "blocks": [(person.name, blocks[person.person_id]) for person in people if person.person_id in blocks],
        "may_book": any(
            person.standing in ("verified", "temporary") and person.person_id not in blocks for person in people
        ),
        "back": f"/hospitals/{code}/sessions/{session_id}",
    }
    return page(request, "confirm", "book", context)


def _revisits(code: str, card: SessionCard, people: list[Member]) -> list[tuple[str, int]]:
    """Whose visit is a revisit, and what it then costs."""
    institution = registry.institution(code)
    found = revisits.who_revisits(institution, card.department_id, card.date, [person.person_id for person in people])
    fee = revisits.reduced(card.fee_fen, institution.revisit_percent)
    return [(person.name, fee) for person in people if person.person_id in found]


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
    except WaitInLine:
        rush.join(actor, code, session_id)
        return HttpResponseRedirect(f"{here}/line")
    except SlotChanged as refusal:
        messages.warning(request, refusal.text, extra_tags="warn")
        return HttpResponseRedirect(here)
    except HubError as refusal:
        messages.error(request, f"{refusal.text}{_('没有占号，也没有产生费用。')}", extra_tags="bad")
        return HttpResponseRedirect(here)
    note_booking(request, actor, view.id)
    return HttpResponseRedirect(f"/bookings/{view.id}")
