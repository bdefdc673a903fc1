"""What the sign-in services answer: typed, so that pages and API say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.accounts.models import AccountKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequested:
    """A code is on its way if the phone can receive one; the same answer whether or not the phone is known."""

    code_id: UUID
    expires_in: int
    resend_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """Where a code went (E.164, and masked), and from when on another may be asked for."""

    phone: str
    masked: str
    again_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The browser or app that signs in: `binding` is its session's secret, `device` its lasting id."""

    binding: str
    device: str
    agent: str = ""
    hospital: str = ""
    wants_tokens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A sign-in that stands. `identity_due`: a new or long idle device, no record opens before name and document."""

    sign_in_id: UUID
    user_id: UUID
    kind: AccountKind
    name: str
    hospital: str
    identity_due: bool
    new_account: bool
    expires_at: datetime
    must_change_password: bool = False
    device: str = ""
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """Tokens of the API."""

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime
    identity_due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordAccepted:
    """The first factor was right; the second is due within minutes, or has first to be set up."""

    user_id: UUID
    hospital: str
    needs_enrolment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpEnrolment:
    """A second factor to be scanned; it counts once a code of it was shown."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """A staff account just made. The secrets are shown to the person once and are not stored in clear."""

    user_id: UUID
    login_name: str
    password: str
    totp_secret: str | None
    totp_uri: str | None
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStart:
    """Where to send the browser."""

    ask_id: UUID
    authorize_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskProgress:
    """How far the platform's answer is: `pending`, `ready` or `refused`."""

    status: str
    reason: str
