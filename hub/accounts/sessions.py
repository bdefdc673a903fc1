"""Browser sessions: opened by a sign-in, ended by idling, by age, by signing out or from the server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from hub import clock
from hub.accounts import revocation, selectors
from hub.accounts.errors import SecondFactorDue
from hub.accounts.models import AccountKind
from hub.accounts.results import Client, PasswordAccepted, SignedIn
from hub.actor import Actor, ActorKind
from hub.security.client import client_ip

STAFF_IDLE = timedelta(minutes=30)
STAFF_ABSOLUTE = timedelta(hours=12)
RESIDENT_IDLE = timedelta(days=7)
RESIDENT_ABSOLUTE = timedelta(days=30)
DEVICE_COOKIE = "hub_device"
_KEY = "sign_in"
_BINDING = "binding"
_PENDING = "password_step"
_PENDING_FOR = timedelta(minutes=5)
PROOF_LASTS = timedelta(minutes=5)
_TOUCH_EVERY = timedelta(seconds=60)
_DEVICE_YEARS = 2
_DEVICE_LENGTH = 32


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
    device: str

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
    return known if len(known) == _DEVICE_LENGTH else secrets.token_urlsafe(_DEVICE_LENGTH * 3 // 4)


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


def open_session(request: HttpRequest, signed_in: SignedIn) -> None:
    """Put a sign-in into a fresh session (a new session key, so that a planted one is worthless)."""
    request.session.flush()
    now = clock.now().timestamp()
    request.session[_KEY] = {
        "sign_in": str(signed_in.sign_in_id),
        "user": str(signed_in.user_id),
        "kind": str(signed_in.kind),
        "hospital": getattr(request, "hospital", None) or "",
        "started": now,
        "seen": now,
        "proven": now,
        "due": signed_in.identity_due,
        "device": signed_in.device,
    }
    absolute = STAFF_ABSOLUTE if signed_in.kind != AccountKind.RESIDENT else RESIDENT_ABSOLUTE
    request.session.set_expiry(int(absolute.total_seconds()))


def close_session(request: HttpRequest) -> None:
    """Forget everything this session held."""
    request.session.flush()


def cleared(answer: HttpResponse) -> HttpResponse:
    """The answer to a sign-out: what the browser kept of our pages goes too (shared devices)."""
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


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
        device=held.get("device", ""),
    )
    if found.hospital != (getattr(request, "hospital", None) or ""):
        return None
    if not found.alive or revocation.is_ended(found.sign_in_id):
        request.session.flush()
        return None
    if clock.now() - found.seen > _TOUCH_EVERY:
        request.session[_KEY] = {**held, "seen": clock.now().timestamp()}
    return found


def is_proof_due(request: HttpRequest) -> bool:
    """Whether whoever sits here proved himself more than five minutes ago: high-risk acts ask again."""
    held = request.session.get(_KEY) or {}
    return clock.now().timestamp() - float(held.get("proven", 0)) > PROOF_LASTS.total_seconds()


def note_proof(request: HttpRequest) -> None:
    """Who sits here has just proved himself again; the session gets a new key with it."""
    request.session.cycle_key()
    request.session[_KEY] = {**request.session[_KEY], "proven": clock.now().timestamp()}


def actor_of(request: HttpRequest) -> Actor | None:
    """The actor of this session on this host, or None."""
    found = current(request)
    hospital = getattr(request, "hospital", None)
    view = selectors.account(found.user_id, hospital=hospital) if found else None
    if found is None or view is None:
        return None
    return selectors.acting(
        view,
        hospital=hospital,
        ip=client_ip(request),
        request_id=getattr(request, "request_id", ""),
        identity_due=found.identity_due and selectors.identity_due(found.sign_in_id),
        device=found.device,
    )


def anonymous(request: HttpRequest) -> Actor:
    """The actor of somebody about to sign in."""
    return Actor(
        kind=ActorKind.RESIDENT,
        id=None,
        name="未登录",
        ip=client_ip(request),
        request_id=getattr(request, "request_id", ""),
    )


def client_of(request: HttpRequest) -> Client:
    """This browser, as the sign-in services want it."""
    return Client(
        binding=binding_of(request),
        device=device_of(request),
        agent=request.headers.get("User-Agent", ""),
        hospital=getattr(request, "hospital", None) or "",
    )


def hold_password_step(request: HttpRequest, accepted: PasswordAccepted) -> None:
    """Remember between two pages that the first factor was right."""
    request.session.cycle_key()
    request.session[_PENDING] = {
        "user": str(accepted.user_id),
        "hospital": accepted.hospital,
        "enrol": accepted.needs_enrolment,
        "at": clock.now().timestamp(),
    }


def password_step(request: HttpRequest) -> PasswordAccepted:
    """The first factor given on the page before; SecondFactorDue when there was none, or minutes ago."""
    held = request.session.get(_PENDING)
    if not held or clock.now().timestamp() - held["at"] > _PENDING_FOR.total_seconds():
        raise SecondFactorDue
    return PasswordAccepted(user_id=UUID(held["user"]), hospital=held["hospital"], needs_enrolment=held["enrol"])
