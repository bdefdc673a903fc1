"""Telling the holder of an account that what opens it has changed; inside the handler's unit of work."""

from __future__ import annotations

from uuid import UUID

from hub.accounts import handles
from hub.accounts.models import HandleKind
from hub.work import Unit
from regional_services.notifications import steps


def tell(unit: Unit, account_id: UUID, handle_id: UUID, *, kind: str) -> None:
    """Once for each handle and change. The text message goes to the oldest number, of a phone that left to that one.

    Where a second number was added, whoever held the first so learns of it. One query, and those of a message.
    """
    handle = handles.handle_of(account_id, handle_id)
    if handle is None:
        return  # the account is closed: nothing says any more whose it was
    is_phone, left = handle.kind is HandleKind.PHONE, kind == "accounts.unbound"
    way = f"{handle.kind_text} {handle.masked}" if is_phone else handle.kind_text
    steps.send(
        unit,
        kind=kind,
        account_id=account_id,
        person_id=None,
        institution_code="",
        about=handle_id,
        facts={"way": way, "at": unit.now},
        phone_handle=handle_id if is_phone and left else None,
    )
