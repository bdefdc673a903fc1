"""Filters and tags of all pages: dates, money, states and glyphs, written one way everywhere (ui.md, "Words")."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.middleware.csrf import get_token
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, override

from hub import clock, ids, money, words
from hub.security import masking
from hub.words import said
from portal.commands import FIELD, new_key
from portal.components.words import AREA_WORDS, INBOUND_WORDS, OUTSIDE_WORDS
from tenants.registry import selectors as registry

register = template.Library()

_TONES = {
    "booked": "ok",
    "delivered": "ok",
    "undelivered": "bad",
    "held": "warn",
    "queued": "accent",
    "sending": "accent",
    "registered": "ok",
    "paid": "ok",
    "refunded": "ok",
    "fulfilled": "ok",
    "accepted": "ok",
    "live": "ok",
    "verified": "ok",
    "approved": "ok",
    "pending": "warn",
    "read": "ok",
    "kept": "warn",
    "reading": "accent",
    "unreadable": "bad",
    "free": "ok",
    "ready": "ok",
    "sound": "ok",
    "success": "ok",
    "failure": "bad",
    "passed": "ok",
    "human": "warn",
    "reversed": "warn",
    "pushed": "ok",
    "put_aside": "accent",
    "read_back": "accent",
    "flawed": "bad",
    "done": "ok",
    "active": "ok",
    "waiting": "accent",
    "running": "accent",
    "joining": "accent",
    "stuck": "warn",
    "new": "accent",
    "submitted": "accent",
    "in_hand": "accent",
    "answered": "ok",
    "follow_up": "warn",
    "locking": "accent",
    "confirming": "accent",
    "awaiting_payment": "warn",
    "closing": "warn",
    "cancelling": "warn",
    "refunding": "warn",
    "unpaid": "warn",
    "unknown": "warn",
    "suspended": "warn",
    "failed": "bad",
    "refused": "bad",
    "stopped": "bad",
    "refund_failed": "bad",
    "rejected": "bad",
    "dead": "bad",
}
# What a browser's own description of itself (User-Agent) contains, the narrower name first: Edge says "Chrome" too.
_PROGRAMS = (
    ("MicroMessenger", "微信"),
    ("AlipayClient", "支付宝"),
    ("HuaweiBrowser", "华为浏览器"),
    ("QQBrowser", "QQ 浏览器"),
    ("UCBrowser", "UC 浏览器"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "鸿蒙"),
    ("Android", "安卓"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
_GLYPHS = {
    "home": "M3 11l9-8 9 8v10h-6v-6H9v6H3z",
    "book": "M5 4h14v17H5zM9 2v4M15 2v4M5 9h14M12 12v6M9 15h6",
    "lock": "M6 11h12v10H6zM8 11V7a4 4 0 0 1 8 0v4",
    "mail": "M3 5h18v14H3zM3 6l9 7 9-7",
    "me": "M12 12a4.5 4.5 0 100-9 4.5 4.5 0 000 9zM4 21c0-5 3.5-7 8-7s8 2 8 7",
    "list": "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
    "pay": "M3 6h18v13H3zM3 10h18M7 15h4",
    "people": "M9 11a4 4 0 100-8 4 4 0 000 8zM2 21c0-5 3-7 7-7s7 2 7 7M16 3.5a4 4 0 010 7M18 14c3 .5 4 3 4 6",
    "report": "M6 3h9l4 4v14H6zM14 3v5h5M9 13h7M9 17h5",
    "pulse": "M3 12h4l3-8 4 16 3-8h4",
    "pill": "M10 20a5 5 0 01-7-7l8-8a5 5 0 017 7zM7 9l7 7",
    "chat": "M4 5h16v11H9l-5 4z",
    "big": "M3 20l5-14 5 14M5 15h6M15 20l3-9 3 9M16 17h4",
    "search": "M11 18a7 7 0 100-14 7 7 0 000 14zM16 16l5 5",
    "link": "M9 15l6-6M8 12l-3 3a4 4 0 006 6l3-3M16 12l3-3a4 4 0 00-6-6l-3 3",
    "grid": "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
    "out": "M10 4H4v16h6M14 8l4 4-4 4M8 12h10",
}


@register.filter
def spoken(number: str) -> str:
    """`K7QM-2XVR`: a booking's number as it is read aloud; the desks and the district find the booking by it."""
    return ids.spoken(number)


@register.filter
def day(value: date | datetime | None) -> str:
    """`11月20日 周五`."""
    if value is None:
        return ""
    return words.day(clock.local(value).date() if isinstance(value, datetime) else value)


@register.filter
def time_of(value: datetime | None) -> str:
    """`09:00` in the district."""
    return f"{clock.local(value):%H:%M}" if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """`11月20日 09:00`."""
    if not value:  # nothing, or the empty text templates put for it
        return ""
    local = clock.local(value)
    return gettext("%(month)s月%(day)s日 %(time)s") % {
        "month": local.month,
        "day": local.day,
        "short": dateformat.format(local, "j M"),
        "time": f"{local:%H:%M}",
    }


@register.filter
def exact(value: datetime | None) -> str:
    """`2026-11-20 09:00:07`, for staff."""
    return f"{clock.local(value):%Y-%m-%d %H:%M:%S}" if value else ""


@register.filter
def half_day(value: datetime) -> str:
    """上午, 下午 or 晚上."""
    hour = clock.local(value).hour
    return gettext("上午") if hour < 12 else gettext("下午") if hour < 18 else gettext("晚上")


@register.filter
def seconds(ms: int | None) -> str:
    """`1250` -> `1.3 秒`."""
    return "" if ms is None else gettext("%(ms)s 秒") % {"ms": f"{ms / 1000:.1f}"}


@register.filter
def span(seconds: int) -> str:
    """`5400` -> `1 小时 30 分`; under a minute in seconds."""
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if not hours and not minutes:
        return gettext("%(seconds)s 秒") % {"seconds": seconds}
    return " ".join(
        part
        for part in (
            gettext("%(hours)s 小时") % {"hours": hours} if hours else "",
            gettext("%(minutes)s 分") % {"minutes": minutes} if minutes else "",
        )
        if part
    )


@register.filter
def yuan(fen: int | None) -> str:
    """`¥12.50`."""
    return "" if fen is None else money.display(fen)


@register.filter
def tone(state: str) -> str:
    """The colour class of a state; the words beside it say the same."""
    return _TONES.get(str(state), "")


@register.simple_tag
def glyph(name: str) -> SafeString:
    """A line drawing of the house, 24 by 24; hidden from screen readers, words stand beside it."""
    return format_html(
        '<svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        mark_safe(_GLYPHS[name]),  # noqa: S308 - our own constants
    )


@register.simple_tag
def face(name: str, photo: str = "") -> SafeString:
    """A doctor's photograph, or the first character of the name where there is none."""
    if photo:
        return format_html('<img class="avatar" src="{}" width="48" height="48" loading="lazy" alt="">', photo)
    return format_html('<span class="avatar" aria-hidden="true">{}</span>', name[:1])


@register.simple_tag
def badge(state: str, label: str) -> SafeString:
    """A state as a small label."""
    return format_html('<span class="badge {}">{}</span>', tone(state), said(label))


@register.simple_tag(takes_context=True)
def form_key(context: dict[str, Any]) -> SafeString:
    """The hidden fields of every form that changes something: CSRF token and command key."""
    token = get_token(context["request"])
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="hidden" name="{}" value="{}">',
        token,
        FIELD,
        new_key(),
    )


@register.simple_tag(takes_context=True)
def fee(context: dict[str, Any], fen: int) -> str:
    """What somebody paid or is to pay, unless money is hidden from this member of staff (JA-ADMIN-02)."""
    actor = getattr(context["request"], "actor", None)
    return "—" if actor is not None and "fee" in actor.hidden else money.display(fen)


@register.filter
def doer(name: str) -> str:
    """Who did a step, as people read it: a program's own name is the platform."""
    return gettext("平台") if name.isascii() and "." in name else name


@register.filter
def area(action: str) -> str:
    """What an audited action is about, of its name's beginning: `booking.held` -> 预约."""
    return said(AREA_WORDS.get(action.partition(".")[0], ""))


@register.filter
def inbound(kind: str) -> str:
    """What a hospital's message is about; a kind without a word of its own keeps its name."""
    return said(INBOUND_WORDS.get(kind, kind))


@register.filter
def dialect(name: str) -> str:
    """`rest_json` -> REST/JSON."""
    return registry.dialect_text(name)


@register.filter
def outside(handler: str) -> str:
    """Whom a delivery talks to, of the handler's name; one of a module that joined keeps it."""
    return said(OUTSIDE_WORDS.get(handler, handler))


@register.filter
def browser(agent: str) -> str:
    """`微信 · iPhone`, of what a browser calls itself (User-Agent); what is not known stays out."""
    program = next((words for mark, words in _PROGRAMS if mark in agent), "")
    machine = next((words for mark, words in _MACHINES if mark in agent), "")
    return " · ".join(said(words) for words in (program, machine) if words) or gettext("其他程序")


@register.filter
def english(words: str) -> str:
    """The same words in English, for machines in halls that show both languages."""
    with override("en"):
        return gettext(words)


@register.filter
def masked_name(value: str) -> str:
    """`张*三`."""
    return masking.name(value)


@register.filter
def masked_document(value: str) -> str:
    """`310***********1234`."""
    return masking.document(value)


@register.filter
def masked_phone(value: str) -> str:
    """`138****1234`."""
    return masking.phone(value)
