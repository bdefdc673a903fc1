"""Telling somebody something, inside the unit of work that made it true."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from hub.ids import uuid7
from hub.synthetic import is_synthetic
from hub.tenancy.statements import Insert
from hub.work import Unit
from regional_services.notifications import templates
from regional_services.notifications.events import SmsAsked
from regional_services.notifications.models import Message, SmsState

_STORE = Insert(Message, unless_exists=True)


def send(
    unit: Unit,
    *,
    template: str,
    account_id: UUID,
    person_id: UUID | None,
    institution_code: str,
    about: UUID,
    facts: Mapping[str, str],
    sensitive: bool | None = None,
) -> None:
    """Tell one account, in its messages and where the template says so by SMS; the same fact is never told twice.

    `about` is the id of the matter (a booking, a refund). Whether it is sensitive follows from the place and
    department unless the caller knows better.
    """
    if is_synthetic(account_id):
        return  # nobody reads them, and they would grow by a hospital's worth every ten minutes
    wording = templates.current(template)
    message_id = uuid7()
    _STORE(
        Message(
            id=message_id,
            institution_code=institution_code,
            account_id=account_id,
            person_id=person_id,
            about=about,
            template=wording.name,
            version=wording.version,
            facts=dict(facts),
            discreet=templates.is_sensitive(facts) if sensitive is None else sensitive,
            sms=SmsState.QUEUED if wording.by_sms else SmsState.NONE,
            created_at=unit.now,
        )
    )
    unit.audit("message.sent", target=f"message:{message_id}", detail={"template": template, "about": str(about)})
    if wording.by_sms:
        unit.publish(SmsAsked(message_id=message_id))
