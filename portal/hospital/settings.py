"""设置 and 审计: the hospital's staff and their roles, its departments and doctors, its audit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.accounts import people, services
from hub.accounts import permissions as account_permissions
from hub.accounts import selectors as accounts
from hub.actor import Actor
from hub.audit import auditors, checks
from hub.audit.selectors import Search
from hub.errors import HubError, InvalidInput
from hub.journal.region.permissions import VERIFY_AUDIT, VIEW_AUDIT
from hub.security.roles import Level, Role
from hub.tenancy.scope import hospital
from portal.components.paging import query_with
from portal.desk.journal_sheet import journal_sheet
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import PAGE, date_of, id_of
from tenants.directory import permissions as directory_permissions
from tenants.directory import selectors as directory

STAFF = "/workspace/staff"
FIELD_WORDS = (
    ("name", gettext_lazy("姓名")),
    ("document", gettext_lazy("证件号")),
    ("phone", gettext_lazy("手机号")),
    ("fee", gettext_lazy("费用")),
)
ROLES = [role for role in Role if role.level in (Level.HOSPITAL, Level.BOTH)]


@require_GET
@desk_page(account_permissions.VIEW_ACCOUNTS)
def staff(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who works here with which roles; each act is there for the administrator who holds it."""
    text, wanted = request.GET.get("q", "").strip(), request.GET.get("role", "")
    rows = [
        row
        for row in accounts.roster(own_hospital(actor))
        if (text in row.name or text in row.login_name) and (not wanted or wanted in row.roles)
    ]
    context = {
        "rows": rows,
        "q": text,
        "role": wanted,
        "roles": [(role.value, role.label) for role in ROLES],
        "narrowed": accounts.narrowed_at(own_hospital(actor)),
        "may_manage": actor.may(account_permissions.MANAGE_ACCOUNTS),
        "may_grant": actor.may(account_permissions.GRANT_ROLES),
        "may_unlock": actor.may(account_permissions.UNLOCK_ACCOUNTS),
    }
    return desk(request, actor, "staff", "staff", context)


@require_POST
@desk_page(account_permissions.MANAGE_ACCOUNTS)
def new_staff(request: HttpRequest, actor: Actor) -> HttpResponse:
    """An account; its first password is shown once and must be changed at the first sign-in."""
    login_name, name = request.POST.get("login_name", "").strip(), request.POST.get("name", "").strip()
    try:
        if not login_name or not name:
            raise InvalidInput(_("请填写登录名和姓名。"))
        made = services.create_staff(
            actor=actor, login_name=login_name, display_name=name, institution_code=own_hospital(actor)
        )
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
        return HttpResponseRedirect(STAFF)
    return desk(request, actor, "staff_made", "staff", {"made": made})


def _tried(request: HttpRequest, act: Callable[[], None], done: str) -> HttpResponse:
    """Do it and say so, or say why not; back to the list either way."""
    try:
        act()
        messages.success(request, done, extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(STAFF)


def _role(request: HttpRequest) -> Role:
    try:
        return Role(request.POST.get("role", ""))
    except ValueError:
        raise InvalidInput(_("请选择角色。")) from None


@require_POST
@desk_page(account_permissions.GRANT_ROLES, step_up=True)
def grant(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Give a role, by login name; forbidden combinations are refused in words."""
    code = own_hospital(actor)

    def act() -> None:
        user_id = accounts.staff_named(request.POST.get("login_name", ""), code)
        services.grant_role(actor=actor, user_id=user_id, institution_code=code, role=_role(request))

    return _tried(request, act, _("已授予角色，下一次操作即生效。"))


@require_POST
@desk_page(account_permissions.GRANT_ROLES, step_up=True)
def end_role(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """Take a role back."""
    code = own_hospital(actor)
    return _tried(
        request,
        lambda: services.end_role(actor=actor, user_id=user_id, institution_code=code, role=_role(request)),
        _("已收回角色。"),
    )


@require_POST
@desk_page(account_permissions.MANAGE_ACCOUNTS, step_up=True)
def disable(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """Stop an account; its sign-ins end at once."""
    code = own_hospital(actor)
    return _tried(
        request,
        lambda: services.disable_account(actor=actor, user_id=user_id, institution_code=code),
        _("账号已停用，已登录的设备同时退出。"),
    )


@require_POST
@desk_page(account_permissions.UNLOCK_ACCOUNTS, step_up=True)
def unlock(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """Lift a lock early."""
    code = own_hospital(actor)
    return _tried(
        request,
        lambda: services.unlock_account(actor=actor, user_id=user_id, institution_code=code),
        _("已解锁。"),
    )


@require_POST
@desk_page(account_permissions.UNLOCK_ACCOUNTS, step_up=True)
def reset_totp(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """Forget a lost second factor."""
    code = own_hospital(actor)
    return _tried(
        request,
        lambda: services.reset_totp(actor=actor, user_id=user_id, institution_code=code),
        _("已清除动态码，本人下次登录时重新绑定。"),
    )


@require_GET
@desk_page(directory_permissions.VIEW)
def directory_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Departments with their doctors, as the hospital's own system lists them."""
    text = request.GET.get("q", "").strip()
    with hospital(own_hospital(actor), read_only=True):
        departments = [row for row in directory.departments() if actor.sees(row.id)]
        doctors = [row for row in directory.doctors() if actor.sees(row.department_id)]
    rows = [(row, [doctor for doctor in doctors if doctor.department_id == row.id]) for row in departments]
    shown = [
        (row, posts)
        for row, posts in rows
        if text in row.name or text in row.code or any(text in doctor.name for doctor in posts)
    ]
    context = {"rows": shown, "q": text, "doctors": len(doctors)}
    return desk(request, actor, "directory", "directory", context)


def _wanted(request: HttpRequest) -> tuple[str, Search]:
    """Who was asked for, as typed, and the search of the address."""
    since, until = date_of(request, "since"), date_of(request, "until")
    who = request.GET.get("actor", "").strip()
    wanted = Search(
        actor_id=id_of(who),
        actor_name="" if id_of(who) else who,
        action=request.GET.get("action", "").strip(),
        target=request.GET.get("target", "").strip(),
        outcome=request.GET.get("outcome", ""),
        since=clock.at(since, clock.MIDNIGHT) if since else None,
        until=clock.at(until + timedelta(days=1), clock.MIDNIGHT) if until else None,
    )
    return who, wanted


@require_GET
@desk_page(VIEW_AUDIT, whole=True, step_up=True)
def export_audit(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was searched, as a marked sheet."""
    return journal_sheet(actor, own_hospital(actor), _wanted(request)[1])


@require_GET
@desk_page(VIEW_AUDIT, whole=True)
def audit(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The hospital's audit by actor, act, thing and time, newest first."""
    since, until = date_of(request, "since"), date_of(request, "until")
    who, wanted = _wanted(request)
    before = request.GET.get("before", "")
    rows = auditors.search(
        actor=actor,
        scope=own_hospital(actor),
        wanted=wanted,
        before=int(before) if before.isdigit() else None,
        limit=PAGE + 1,
    )
    context = {
        "rows": rows[:PAGE],
        "who": who,
        "wanted": wanted,
        "export": f"/workspace/audit.csv{query_with(request, before='')}",
        "since": since,
        "until": until,
        "may_verify": actor.may(VERIFY_AUDIT),
        "checks": checks.latest(scope=own_hospital(actor), limit=3) if actor.may(VERIFY_AUDIT) else [],
        "more": query_with(request, before=str(rows[PAGE - 1].id)) if len(rows) > PAGE else "",
    }
    return desk(request, actor, "audit", "audit", context)


@require_POST
@desk_page(VERIFY_AUDIT, whole=True)
def verify_audit(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Have a worker look whether anything in the audit was altered, removed or cut off."""
    own_hospital(actor)
    return HttpResponseRedirect(f"/workspace/audit/checks/{checks.ask(actor=actor)}")


@require_GET
@desk_page(VERIFY_AUDIT, whole=True)
def audit_check(request: HttpRequest, actor: Actor, check_id: UUID) -> HttpResponse:
    """How far a verification is, or what it found."""
    context = {"check": checks.check(check_id, scope=own_hospital(actor)), "audit_home": "/workspace/audit"}
    return desk(
        request, actor, "audit_check_live" if request.headers.get("HX-Request") else "audit_check", "audit", context
    )


@require_http_methods(["GET", "POST"])
@desk_page(account_permissions.GRANT_ROLES)
def data_scope(request: HttpRequest, actor: Actor, user_id: UUID) -> HttpResponse:
    """What of the hospital's data one member of staff sees: departments, kinds of fields (JA-ADMIN-02)."""
    code = own_hospital(actor)
    who = people.account_of(code, user_id)
    with hospital(code, read_only=True):
        departments = directory.departments()
    if request.method == "POST":
        chosen = {found for found in map(id_of, request.POST.getlist("department")) if found}
        known = frozenset(row.id for row in departments if row.id in chosen)
        return _tried(
            request,
            lambda: services.set_data_scope(
                actor=actor,
                user_id=user_id,
                institution_code=code,
                departments=known if request.POST.get("all") != "yes" else None,
                hidden=frozenset(request.POST.getlist("hidden")),
            ),
            _("已设定数据范围，下一次操作即生效。"),
        )
    held, hidden = accounts.scope_of(user_id, code)
    context = {
        "who": who,
        "departments": [(row, held is None or row.id in held) for row in departments],
        "all": held is None,
        "fields": [(name, words, name in hidden) for name, words in FIELD_WORDS],
    }
    return desk(request, actor, "data_scope", "staff", context)
