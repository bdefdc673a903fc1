"""What every page knows: elder mode, tabs, unread messages, the helpline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hub.actor import ActorKind
from regional_services.notifications import selectors as notifications

ELDER_COOKIE = "elder"


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of the resident's bottom bar."""

    key: str
    title: str
    href: str
    glyph: str
    count: int = 0


class Page:
    """Lazily computed facts of a page; a page that doesn't use them pays no query."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def elder(self) -> bool:
        """Large type, one column, more words."""
        return self._request.COOKIES.get(ELDER_COOKIE) == "1"

    @property
    def languages(self) -> list[tuple[str, str]]:
        """The other languages this page can be read in: code and own name."""
        return [(code, name) for code, name in settings.LANGUAGES if code != get_language()]

    @property
    def address(self) -> str:
        """Where the reader is, to come back to after a switch."""
        return self._request.get_full_path() if self._request.method == "GET" else "/"

    @property
    def helpline(self) -> str:
        """The district's telephone number."""
        return str(settings.HUB_HELPLINE)

    @property
    def hospital(self) -> str | None:
        """The hospital on whose host the page is, if any."""
        return getattr(self._request, "hospital", None)

    @cached_property
    def unread(self) -> int:
        """Unread messages of the resident. One query."""
        actor = getattr(self._request, "actor", None)
        if actor is None or actor.id is None or actor.kind is not ActorKind.RESIDENT:
            return 0
        return notifications.unread_count(actor.id)

    @property
    def tabs(self) -> list[Tab]:
        """The bottom bar."""
        return [
            Tab("home", _("首页"), "/", "home"),
            Tab("book", _("挂号"), "/hospitals", "book"),
            Tab("messages", _("消息"), "/messages", "mail", self.unread),
            Tab("me", _("我的"), "/me", "me"),
        ]


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `page` in every template."""
    return {"page": Page(request)}
