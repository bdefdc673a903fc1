"""Shared parts of the resident's views: who is signed in, which person is chosen, how a page is rendered."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from hub.actor import Actor, ActorKind
from hub.security.guards import Guard, Side, declare
from regional_services.identity import selectors as identity
from regional_services.identity.selectors import Member

P = ParamSpec("P")
PERSON_KEY = "person"
WAYS = "/me/ways"
WAY_NEXT = "way_next"
"""The session's key of where to go on after a platform's authorisation."""


def resident_of(request: HttpRequest) -> Actor | None:
    """The signed-in resident, if there is one."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.id is None or actor.kind is not ActorKind.RESIDENT:
        return None
    return actor


def resident_page(
    view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page for signed-in residents; others sign in first and come back to where they wanted to go."""

    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        actor = resident_of(request)
        if actor is None:
            return to_sign_in(request)
        return view(request, actor, *args, **kwargs)

    functools.update_wrapper(guarded, view)
    declare(guarded, Guard(Side.RESIDENT))
    return guarded


def to_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    """To the sign-in page, remembering the address of a page that was only looked at."""
    wanted = request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "/")
    return HttpResponseRedirect(f"/signin?next={quote(wanted)}")


def next_of(request: HttpRequest, default: str = "/") -> str:
    """Where to go on; only addresses of this host are followed."""
    wanted = request.POST.get("next") or request.GET.get("next") or default
    ok = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if ok else default


def people_of(actor: Actor) -> list[Member]:
    """The persons this resident acts for."""
    return identity.people_of(actor.id) if actor.id else []


def chosen_person(request: HttpRequest, people: list[Member]) -> Member | None:
    """The person the resident is acting for now: chosen before, else the default."""
    wanted = request.session.get(PERSON_KEY)
    for person in people:
        if str(person.person_id) == wanted:
            return person
    return people[0] if people else None


def choose_person(request: HttpRequest, person_id: UUID) -> None:
    """Remember for whom the resident is acting."""
    request.session[PERSON_KEY] = str(person_id)


def page(
    request: HttpRequest, template: str, active: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a resident's page; `active` is the tab it belongs to."""
    return render(request, f"portal/resident/{template}.html", {"active": active, **(context or {})}, status=status)
