"""就诊卡码: a code a resident shows at any hospital of the district instead of a card (WX-APPT-08).

It names a person and the minute it was made, signed; nothing about the person can be read from it, and a photograph
of it is worth nothing a quarter of an hour later. Upper-case letters and digits only, so that any scanner types it.
"""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

from hub import clock
from hub.actor import Actor
from hub.errors import Conflict
from regional_services.identity import access
from regional_services.identity.purposes import BOOKING

LIFETIME = timedelta(minutes=15)
_SALT = "identity.visit_card"
_MARK = "YC"
_MAC = 10
_BYTES = 16 + 4 + _MAC


class CardExpired(Conflict):
    """The code was made too long ago."""

    code = "identity.card_expired"
    text = "就诊卡码已过期，请居民刷新后再出示。"


def issue(person_id: UUID) -> str:
    """The code of this person, made now."""
    body = person_id.bytes + (int(clock.now().timestamp()) // 60).to_bytes(4, "big")
    return _MARK + base64.b32encode(body + _mac(body, settings.SECRET_KEY)).decode().rstrip("=")


def opened(text: str) -> UUID | None:
    """Whose card it is; None for anything that is no card of ours. CardExpired when it is too old."""
    code = text.strip().upper()
    if not code.startswith(_MARK):
        return None
    rest = code.removeprefix(_MARK)
    try:
        raw = base64.b32decode(rest + "=" * (-len(rest) % 8))
    except ValueError:
        return None
    body, mac = raw[:-_MAC], raw[-_MAC:]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if len(raw) != _BYTES or not any(hmac.compare_digest(mac, _mac(body, key)) for key in keys):
        return None
    age = clock.now().timestamp() - int.from_bytes(body[16:], "big") * 60
    if age > LIFETIME.total_seconds() + 60:
        raise CardExpired
    return UUID(bytes=body[:16])


def _mac(body: bytes, key: str | bytes) -> bytes:
    return salted_hmac(_SALT, body, secret=key, algorithm="sha256").digest()[:_MAC]


def card_of(actor: Actor, person_id: UUID) -> str:
    """The card of somebody the actor books for; NotFound, RealNameNeeded. Inside a region scope."""
    return issue(access.patient_for(actor, person_id, BOOKING).person_id)
