"""The guard of the district's pages: for staff of the district alone, on the district's own host."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from hub.actor import Actor
from hub.errors import Forbidden
from hub.security.guards import Guard, Side, declare
from portal.desk.pages import DeskView, desk_page

P = ParamSpec("P")


def district_page(
    permission: str, *, step_up: bool = False
) -> Callable[[DeskView[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """A page for district staff who hold `permission`; a hospital's staff may hold it too, for their hospital only."""

    def guard(view: DeskView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @desk_page(permission, step_up=step_up)
        def guarded(request: HttpRequest, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if actor.institution is not None:
                raise Forbidden(gettext("这是平台管理的页面，请回到本院工作台。"))
            return view(request, actor, *args, **kwargs)

        functools.update_wrapper(guarded, view)
        declare(guarded, Guard(Side.DISTRICT, permission, step_up))
        return guarded

    return guard
