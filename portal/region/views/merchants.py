"""Every hospital's merchant account: who can't collect, whose certificate runs out, what waits for a second person."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.keys.permissions import VIEW_KEYS
from portal.components.paging import leaf_of
from portal.components.sheets import Sheet
from portal.desk import merchants as shared
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.payments import merchants
from regional_services.payments.merchants import Standing
from regional_services.payments.permissions import CONFIRM_MERCHANT, PROPOSE_MERCHANT
from tenants.registry import selectors as registry

HERE = "/district/merchants"
PAGE = 50
_STATES = ("none", "waiting", "soon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A hospital with its account, and what there is to do about it."""

    institution: registry.InstitutionView
    current: Standing | None
    none: bool
    waiting: bool
    soon: bool


def _rows(request: HttpRequest) -> list[Row]:
    standing, waiting = merchants.standing(), merchants.waiting()
    text, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    rows = []
    for view in registry.institutions():
        current = next((one for one in standing.get(view.code, []) if one.effective_to is None), None)
        row = Row(
            institution=view,
            current=current,
            none=current is None,
            waiting=view.code in waiting,
            soon=shared.runs_out(current),
        )
        named = any(text in word for word in (view.name, view.code))
        if named and (only not in _STATES or getattr(row, only)):
            rows.append(row)
    return rows


@require_GET
@district_page(VIEW_KEYS)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All hospitals. Two queries."""
    rows = _rows(request)
    context = {
        "leaf": leaf_of(request, rows, PAGE),
        "count": len(rows),
        "q": request.GET.get("q", ""),
        "only": request.GET.get("only", ""),
        "export": f"{HERE}.csv?{request.GET.urlencode()}",
    }
    return desk(request, actor, "merchants", "merchants", context)


@require_GET
@district_page(VIEW_KEYS)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """The same as a sheet; no key is in it."""
    sheet = Sheet("merchants.csv")
    sheet.row(gettext("机构代码,机构,商户号,AppID,证书序列号,版本,启用时间,证书到期,待确认").split(","))
    for row in _rows(request):
        now, cells = row.current, list[object]()
        if now is not None:
            cells = [now.mchid, now.appid, now.serial_no, now.version, now.effective_from, now.certificate_until or ""]
        waits = gettext("是") if row.waiting else ""
        sheet.row([row.institution.code, row.institution.name, *(cells or [""] * 6), waits])
    return sheet.answer


@require_GET
@district_page(VIEW_KEYS)
def one(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """One hospital's account, its versions, what was put forward."""
    context = shared.context_of(actor, registry.institution(code).code, f"{HERE}/{code}")
    return desk(request, actor, "merchant", "merchants", {**context, "name": registry.institution(code).name})


@require_POST
@district_page(PROPOSE_MERCHANT, step_up=True)
def propose(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """New credentials for a hospital."""
    return shared.propose(request, actor, registry.institution(code).code, f"{HERE}/{code}", "merchants")


@require_POST
@district_page(CONFIRM_MERCHANT, step_up=True)
def decide(request: HttpRequest, actor: Actor, code: str, proposal_id: UUID) -> HttpResponse:
    """Confirm or refuse them."""
    return shared.decide(request, actor, registry.institution(code).code, proposal_id, f"{HERE}/{code}")


@require_POST
@district_page(PROPOSE_MERCHANT, step_up=True)
def retire(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Stop collecting with them."""
    return shared.retire(request, actor, registry.institution(code).code, f"{HERE}/{code}")
