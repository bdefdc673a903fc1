"""The district's staff accounts: made by one administrator, given roles by another, read about by the third."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.accounts import people, services
from hub.accounts.models import DISTRICT
from hub.accounts.permissions import GRANT_ROLES, MANAGE_ACCOUNTS, UNLOCK_ACCOUNTS, VIEW_ACCOUNTS
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from hub.security.roles import Level, Role
from portal.desk.pages import desk
from portal.region.pages import district_page
from tenants.registry import selectors as registry

DISTRICT_ROLES = tuple(role for role in Role if role.level is not Level.HOSPITAL)


@require_GET
@district_page(VIEW_ACCOUNTS)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everybody at the district, by name, login or role."""
    text, wanted = request.GET.get("q", "").strip(), request.GET.get("role", "")
    rows = [
        row
        for row in people.accounts_of(DISTRICT)
        if (text in row.name or text in row.login_name) and (not wanted or wanted in row.roles)
    ]
    context = {
        "rows": rows,
        "q": text,
        "role": wanted,
        "roles": DISTRICT_ROLES,
        "may_make": actor.may(MANAGE_ACCOUNTS),
    }
    return desk(request, actor, "accounts", "accounts", context)


@require_http_methods(["GET", "POST"])
@district_page(MANAGE_ACCOUNTS)
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Make an account. It can do nothing until the security administrator gives it a role."""
    filled = {name: request.POST.get(name, "").strip() for name in ("login_name", "display_name")}
    if request.method == "GET":
        return desk(request, actor, "account_new", "accounts", {"filled": filled})
    try:
        wrong = {name: gettext("请填写。") for name, value in filled.items() if not value}
        if wrong:
            raise InvalidInput(fields=wrong)
        made = services.create_staff(actor=actor, login_name=filled["login_name"], display_name=filled["display_name"])
    except HubError as problem:
        context = {"filled": filled, "problems": problem.fields or {"login_name": problem.text}}
        answer = desk(request, actor, "account_new", "accounts", context)
        answer.status_code = problem.status
        return answer
    return desk(request, actor, "account_made", "accounts", {"made": made})


@require_GET
@district_page(VIEW_ACCOUNTS)
def account(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """One account, with what this administrator may do to it."""
    row = people.account_of(DISTRICT, user_id)
    names = {view.code: view.short_name for view in registry.institutions()}
    context = {
        "row": row,
        "is_ours": bool(row.roles) or not row.elsewhere,
        "held": [("", DISTRICT, role) for role in row.roles]
        + [(names.get(place, place), place, role) for place, role in row.elsewhere],
        "grantable": list(Role),
        "places": sorted(names.items()),
        "until": clock.local(row.expires_at).date().isoformat() if row.expires_at else "",
        "may_manage": actor.may(MANAGE_ACCOUNTS),
        "may_grant": actor.may(GRANT_ROLES) and actor.id != user_id,
        "may_unlock": actor.may(UNLOCK_ACCOUNTS),
    }
    return desk(request, actor, "account", "accounts", context)


def _back(request: HttpRequest, user_id: UUID, done: str, act: Callable[[], object]) -> HttpResponse:
    """Do one thing and come back to the account; a refusal is said there in its own words."""
    try:
        act()
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    else:
        messages.success(request, done, extra_tags="ok")
    return HttpResponseRedirect(f"/district/accounts/{user_id}")


def _role_of(request: HttpRequest) -> Role:
    try:
        return Role(request.POST.get("role", ""))
    except ValueError:
        raise InvalidInput(gettext("没有这个角色。")) from None


def _place_of(request: HttpRequest) -> str:
    place = request.POST.get("institution") or DISTRICT
    return place if place == DISTRICT else registry.institution(place).code


@require_POST
@district_page(GRANT_ROLES, step_up=True)
def grant(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """Give a role at the district, or the first of a hospital's own staff theirs."""
    return _back(
        request,
        user_id,
        gettext("角色已授予，对方下一次点击即生效。"),
        lambda: services.grant_role(
            actor=actor, user_id=user_id, institution_code=_place_of(request), role=_role_of(request)
        ),
    )


@require_POST
@district_page(GRANT_ROLES, step_up=True)
def end(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """Take a role back."""
    return _back(
        request,
        user_id,
        gettext("角色已收回，立即生效。"),
        lambda: services.end_role(
            actor=actor, user_id=user_id, institution_code=_place_of(request), role=_role_of(request)
        ),
    )


_Act = Callable[..., object]
MANAGED: Mapping[str, tuple[_Act, str]] = {
    "disable": (services.disable_account, "账号已停用，已登录的会话已全部结束。"),
    "enable": (services.enable_account, "账号已恢复。"),
}
UNLOCKED: Mapping[str, tuple[_Act, str]] = {
    "unlock": (services.unlock_account, "账号已解锁。"),
    "totp": (services.reset_totp, "动态码已重置，下次登录时重新绑定。"),
    "signout": (services.revoke_sign_ins, "已强制下线。"),
}


def _one_of(request: HttpRequest, actor: Actor, user_id: UUID, acts: Mapping[str, tuple[_Act, str]]) -> HttpResponse:
    wanted = acts.get(request.POST.get("act", ""))
    if wanted is None:
        raise InvalidInput
    act, done = wanted
    return _back(request, user_id, done, lambda: act(actor=actor, user_id=user_id))


@require_POST
@district_page(MANAGE_ACCOUNTS, step_up=True)
def manage(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """Disable or enable."""
    return _one_of(request, actor, user_id, MANAGED)


@require_POST
@district_page(UNLOCK_ACCOUNTS, step_up=True)
def unlock(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """Lift a lock, forget a lost second factor, sign out everywhere."""
    return _one_of(request, actor, user_id, UNLOCKED)


@require_POST
@district_page(MANAGE_ACCOUNTS, step_up=True)
def expiry(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """Let the account end with a day; an empty day: no end."""
    return _back(
        request,
        user_id,
        gettext("有效期已保存。"),
        lambda: services.set_expiry(actor=actor, user_id=user_id, until=_end_of(request.POST.get("until", ""))),
    )


def _end_of(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return clock.at(date.fromisoformat(text), clock.MIDNIGHT) + clock.DAY
    except ValueError:
        raise InvalidInput(gettext("请填写日期。")) from None
