"""Opening a masked value on a page: permission, limit, audit entry, then the key of that one value."""

from __future__ import annotations

from typing import Any

from hub.accounts.permissions import permission_to_open
from hub.actor import Actor, ActorKind
from hub.api import throttling
from hub.errors import NotSignedIn
from hub.security import sealed
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import work


def key_of_sealed_value(*, actor: Actor | None, session: Any, label: str, salt: str, opens: bool) -> str:
    """The key of one sealed value. Opening is audited and limited; sealing what one typed oneself is only limited.

    What a page sealed was already this reader's to see: a key for any other label opens nothing he has.
    """
    if actor is None:
        raise NotSignedIn
    throttling.take("reveal", f"account:{actor.id}")
    key = sealed.key_for_page(sealed.session_key(session), label=label, salt=salt)
    if not opens:
        return key
    if actor.kind is not ActorKind.RESIDENT:
        require(actor, permission_to_open(label))
    with work(actor.institution or REGION, actor=actor) as unit:
        unit.audit("security.revealed", target=label)
    return key
