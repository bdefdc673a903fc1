"""Keys and secrets: what there is, rotation with its progress, replacement; no page shows a key or a secret."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError
from hub.keys import secrets, services
from hub.keys.permissions import REPLACE_SECRETS, ROTATE_KEYS, VIEW_KEYS
from hub.security.keyring import DATA, REGION_OWNER, TOKEN, ring
from hub.tenancy.registry import live_hospitals
from portal.desk.pages import desk
from portal.region.pages import district_page
from tenants.registry import selectors as registry

KEYS = "/district/keys"


@require_GET
@district_page(VIEW_KEYS)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Owners with their keys, the last re-encryptions, the names of the secrets."""
    names = {view.code: view.short_name for view in registry.institutions()} | {REGION_OWNER: gettext("平台")}
    text = request.GET.get("q", "").strip()
    versions: dict[str, list[str]] = {}
    for key in ring().keys(use=DATA):
        versions.setdefault(key.owner, []).append(f"v{key.version} {key.suite.name}")
    owners = [
        (code, names.get(code, code), versions.get(code, []))
        for code in (REGION_OWNER, *live_hospitals())
        if text in code or text in names.get(code, "")
    ]
    jobs = _jobs(names)
    token_keys = ring().keys(REGION_OWNER, TOKEN)
    context = {
        "owners": owners,
        "q": text,
        "jobs": jobs,
        "moving": any(job.is_moving for job, _name in jobs),
        "token_version": token_keys[0].version if token_keys else 0,
        "secrets": secrets.secrets(actor=actor) if actor.may(REPLACE_SECRETS) else [],
        "may_rotate": actor.may(ROTATE_KEYS),
        "may_replace": actor.may(REPLACE_SECRETS),
    }
    template = "keys_live" if request.headers.get("HX-Request") else "keys"
    return desk(request, actor, template, "keys", context)


def _jobs(names: dict[str, str]) -> list[tuple[services.JobView, str]]:
    return [(job, names.get(job.owner, job.owner)) for job in services.latest()]


def _done(request: HttpRequest, problem: HubError | None, done: str) -> HttpResponse:
    if problem is None:
        messages.success(request, done, extra_tags="ok")
    else:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(KEYS)


@require_POST
@district_page(ROTATE_KEYS, step_up=True)
def rotate(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A new key for one owner, or for the tokens."""
    owner, problem = request.POST.get("owner", ""), None
    try:
        if owner == TOKEN:
            services.rotate_token_key(actor=actor)
        else:
            services.rotate_data_key(actor=actor, owner=owner)
    except HubError as refusal:
        problem = refusal
    return _done(request, problem, gettext("已启用新密钥，旧密钥只用于解密。"))


@require_POST
@district_page(REPLACE_SECRETS, step_up=True)
def replace_secret(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A newly agreed secret in place of the old one."""
    problem = None
    try:
        secrets.replace_secret(
            actor=actor, reference=request.POST.get("reference", ""), value=request.POST.get("value", "").strip()
        )
    except HubError as refusal:
        problem = refusal
    return _done(request, problem, gettext("新凭据已生效，各进程两秒内使用。"))


@require_POST
@district_page(REPLACE_SECRETS, step_up=True)
def retire_secret(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A hospital's secret that others know is forgotten at once."""
    problem = None
    try:
        secrets.retire_secret(
            actor=actor, reference=request.POST.get("reference", ""), reason=request.POST.get("reason", "")
        )
    except HubError as refusal:
        problem = refusal
    return _done(request, problem, gettext("已停用，与这家医院的往来停止，直到设定新凭据。"))
