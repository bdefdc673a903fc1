"""Finding a doctor, his home page, and the doctors one follows."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import NotFound
from hub.tenancy.scope import region
from portal.components.paging import number_of, query_with, read_leaf
from portal.components.pictures import public_picture
from portal.resident.pages import page, resident_of, resident_page
from portal.resident.views.catalog import PERIODS, opening
from regional_services.doctors import access, finding, selectors, services
from regional_services.doctors.finding import Order, Wanted
from regional_services.doctors.selectors import DoctorPage, WeekSession
from tenants.directory import photos
from tenants.registry import selectors as registry

PAGE = 20
REVIEWS = 10
_ORDERS = {
    Order.NUMBERS: "有号优先",
    Order.ENQUIRIES: "咨询最多",
    Order.CONSULTATIONS: "问诊最多",
    Order.REVIEWS: "好评最多",
}


@require_GET
def doctors(request: HttpRequest) -> HttpResponse:
    """Doctors by institution, department, online and number this week together, in four orders."""
    wanted = _wanted(request)
    with region(read_only=True):
        rows = finding.find(wanted, offset=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
        departments = finding.department_names(wanted.institution)
    leaf = read_leaf(request, rows, PAGE)
    context = {
        "wanted": wanted,
        "narrowed": bool(wanted.institution or wanted.department or wanted.online or wanted.with_number),
        "leaf": leaf,
        "first": (number_of(request) - 1) * PAGE,
        "ranked": wanted.order is not Order.NUMBERS,
        "orders": [
            {
                "title": _(title),
                "href": query_with(request, order=order.value, page=""),
                "chosen": order is wanted.order,
            }
            for order, title in _ORDERS.items()
        ],
        "institutions": [view for view in registry.institutions() if view.is_shown],
        "departments": departments,
        "back": "/",
    }
    return page(request, "doctors", "book", context)


@require_GET
def doctor(request: HttpRequest, practitioner_id: UUID) -> HttpResponse:
    """Who he is, what is counted of him, where and when he has numbers this week, what patients say."""
    actor = resident_of(request)
    with region(read_only=True):
        found = selectors.doctor_page(practitioner_id, account_id=actor.id if actor else None)
        reviews = selectors.reviews(practitioner_id, after=_after(request.GET.get("after", "")), limit=REVIEWS + 1)
    more = ""
    if len(reviews) > REVIEWS:
        end = reviews[REVIEWS - 1]
        more = "?" + urlencode({"after": f"{end.written_at.isoformat()},{end.id}"}) + "#reviews"
    context = {
        "doctor": found,
        "places": _places(found),
        "reviews": reviews[:REVIEWS],
        "more": more,
        "back": "/doctors",
    }
    return page(request, "doctor", "book", context)


@require_POST
@resident_page
def follow(request: HttpRequest, actor: Actor, practitioner_id: UUID) -> HttpResponse:
    """Follow, or stop: the form says which, so that a second tap repeats and does not undo."""
    act = services.unfollow if request.POST.get("stop") else services.follow
    act(practitioner_id, actor=actor)
    return HttpResponseRedirect(f"/doctors/{practitioner_id}")


@require_GET
def photo(request: HttpRequest, code: str, practitioner_id: UUID) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """A doctor's photograph, as his hospital gave it; another one has another address."""
    if not registry.institution(code).is_shown:
        raise NotFound
    return public_picture(photos.photo(code, practitioner_id))


@require_GET
@resident_page
def followed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Whom I follow, with the next number of the week."""
    with region(read_only=True):
        rows = selectors.followed_by(access.account(actor))
    return page(request, "followed", "me", {"rows": rows, "back": "/me"})


def _wanted(request: HttpRequest) -> Wanted:
    """What the address asks for; a mangled order is the first."""
    order = request.GET.get("order", "")
    return Wanted(
        text=request.GET.get("q", "").strip()[:30],
        institution=request.GET.get("institution", "")[:32],
        department=request.GET.get("department", "")[:60],
        online=bool(request.GET.get("online")),
        with_number=bool(request.GET.get("number")),
        order=Order(order) if order in list(Order) else Order.NUMBERS,
    )


def _places(found: DoctorPage) -> list[dict[str, object]]:
    """Each post with its sessions of the week."""
    return [
        {
            "post": post,
            "closed": registry.institution(post.institution_code).closed,
            "sessions": [_session(one) for one in found.week if one.doctor_id == post.doctor_id],
            "may_remind": not any(
                one.free and one.release_at is None for one in found.week if one.doctor_id == post.doctor_id
            ),
        }
        for post in found.posts
    ]


def _session(one: WeekSession) -> dict[str, object]:
    return {
        "id": one.session_id,
        "date": one.date,
        "period_text": PERIODS.get(one.period, ""),
        "room": one.room,
        "fee_fen": one.fee_fen,
        "free": one.free,
        "next_start": one.next_start,
        "opens": opening(one.release_at) if one.release_at else "",
    }


def _after(mark: str) -> tuple[str, str] | None:
    """Where the last page of reviews ended; a mangled mark is the beginning."""
    at, _, last = mark.partition(",")
    try:
        return datetime.fromisoformat(at).isoformat(), str(UUID(last))
    except ValueError:
        return None
