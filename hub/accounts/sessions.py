"""Browser sessions: opened by a sign-in, ended by idling, by age, by signing out or from the server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from hub import clock
from hub.accounts import revocation, selectors
from hub.accounts.models import AccountKind
from hub.actor import Actor
from hub.security.client import client_ip
from hub.security.masking import token as mask_token

STAFF_IDLE = timedelta(minutes=30)
STAFF_ABSOLUTE = timedelta(hours=12)
RESIDENT_IDLE = timedelta(days=7)
RESIDENT_ABSOLUTE = timedelta(days=30)
DEVICE_COOKIE = "hub_device"
_KEY = "sign_in"
_BINDING = "binding"
_TOUCH_EVERY = timedelta(seconds=60)
_DEVICE_YEARS = 2


@dataclass(frozen=True, slots=True)
class SessionSignIn:
    """The sign-in a session carries."""

    sign_in_id: UUID
    user_id: UUID
    kind: AccountKind
    hospital: str
    started: datetime
    seen: datetime
    identity_due: bool

    @property
    def alive(self) -> bool:
        """Neither idle too long nor too old."""
        staff = self.kind != AccountKind.RESIDENT
        idle, absolute = (STAFF_IDLE, STAFF_ABSOLUTE) if staff else (RESIDENT_IDLE, RESIDENT_ABSOLUTE)
        now = clock.now()
        return now - self.seen < idle and now - self.started < absolute


def binding_of(request: HttpRequest) -> str:
    """A random value of this browser session, made on first use: phone codes and WeChat asks are bound to it."""
    value = request.session.get(_BINDING)
    if value is None:
        value = secrets.token_urlsafe(24)
        request.session[_BINDING] = value
    return str(value)


def device_of(request: HttpRequest) -> str:
    """This browser's device id: from its cookie, else new; `remember_device` sends it along."""
    known = request.COOKIES.get(DEVICE_COOKIE, "")
    return known if len(known) == len(secrets.token_urlsafe(24)) else secrets.token_urlsafe(24)


def remember_device(request: HttpRequest, response: HttpResponse, device: str) -> None:
    """Set the device cookie on the answer to a sign-in."""
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=timedelta(days=365 * _DEVICE_YEARS),
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )


def open_session(
    request: HttpRequest, *, sign_in_id: UUID, user_id: UUID, kind: AccountKind, identity_due: bool
) -> None:
    """Put a sign-in into a fresh session (a new session key, so that a planted one is worthless)."""
    request.session.flush()
    now = clock.now().timestamp()
    request.session[_KEY] = {
        "sign_in": str(sign_in_id),
        "user": str(user_id),
        "kind": str(kind),
        "hospital": getattr(request, "hospital", None) or "",
        "started": now,
        "seen": now,
        "due": identity_due,
    }
    absolute = STAFF_ABSOLUTE if kind != AccountKind.RESIDENT else RESIDENT_ABSOLUTE
    request.session.set_expiry(int(absolute.total_seconds()))


def close_session(request: HttpRequest) -> None:
    """Forget everything this session held."""
    request.session.flush()


def mark_identity_proven(request: HttpRequest) -> None:
    """The session's resident has proven name and document: records may open."""
    held = request.session.get(_KEY)
    if held:
        request.session[_KEY] = {**held, "due": False}


def current(request: HttpRequest) -> SessionSignIn | None:
    """The living sign-in of this session on this host."""
    held = request.session.get(_KEY)
    if not held:
        return None
    found = SessionSignIn(
        sign_in_id=UUID(held["sign_in"]),
        user_id=UUID(held["user"]),
        kind=AccountKind(held["kind"]),
        hospital=held["hospital"],
        started=datetime.fromtimestamp(held["started"], UTC),
        seen=datetime.fromtimestamp(held["seen"], UTC),
        identity_due=held["due"],
    )
    if found.hospital != (getattr(request, "hospital", None) or ""):
        return None
    if not found.alive or revocation.is_ended(found.sign_in_id):
        request.session.flush()
        return None
    if clock.now() - found.seen > _TOUCH_EVERY:
        request.session[_KEY] = {**held, "seen": clock.now().timestamp()}
    return found


def actor_of(request: HttpRequest) -> Actor | None:
    """The actor of this session on this host, or None."""
    found = current(request)
    hospital = getattr(request, "hospital", None)
    view = selectors.account(found.user_id, hospital=hospital) if found else None
    if view is None:
        return None
    return selectors.acting(
        view,
        hospital=hospital,
        ip=client_ip(request),
        request_id=getattr(request, "request_id", ""),
    )


def describe(request: HttpRequest) -> str:
    """The session for a log line: enough to join lines, not enough to use."""
    return mask_token(request.session.session_key or "")
