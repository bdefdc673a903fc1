"""Where the holder of an account can be reached: the handles he has now. All inside an open region scope."""

from __future__ import annotations

from uuid import UUID

from hub.accounts.models import HandleKind, LoginHandle
from hub.tenancy.statements import Perhaps, Select

_LIVING = "user_id = %(user)s AND ended_at IS NULL"
_BOUND = Select(LoginHandle, _LIVING, only=("id", "kind", "realm"))
# The oldest: an account that took over another keeps its own phone and WeChat for messages.
_SUBJECT = Select(
    LoginHandle, _LIVING, "AND kind = %(kind)s AND realm = %(realm)s ORDER BY created_at", only=("id", "subject")
)


def phone_beside(condition: str) -> Perhaps:
    """The handle whose `subject` is the phone of an account, read with what names the account: `user_id = …`."""
    oldest = f"({condition}) AND ended_at IS NULL AND kind = 'phone' AND realm = '' ORDER BY created_at"
    return Perhaps(LoginHandle, oldest, only=("id", "subject"))


def bound(user_id: UUID) -> frozenset[tuple[HandleKind, str]]:
    """The (kind, realm) of each handle; nothing is unsealed. One query."""
    return frozenset((HandleKind(row.kind), row.realm) for row in _BOUND.all(user=user_id))


def subject_of(user_id: UUID, kind: HandleKind, realm: str = "") -> str | None:
    """The phone, openid or user id itself, for telling its holder something. One query."""
    row = _SUBJECT.first(user=user_id, kind=kind.value, realm=realm)
    return row.subject if row else None
