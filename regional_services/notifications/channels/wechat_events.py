"""What the official account's platform pushes: XML, sealed with AES under the account's key and signed with its token.

Only the secure mode is taken: in the plain one anybody who saw an address could forge what is in the body.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from xml.etree.ElementTree import ParseError

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.conf import settings

from hub import clock
from hub.errors import InvalidInput, NotSignedIn
from hub.security.keyring import KeyMissing, ring

TOKEN = "wechat.open.event_token"  # noqa: S105 - the name of a secret
AES_KEY = "wechat.open.event_aes_key"
FINISHED = "TEMPLATESENDJOBFINISH"
_FRESH = timedelta(minutes=5)
_HEAD = 16 + 4  # random bytes, length of what follows
_REASONS = {"failed:user block": "用户拒收", "failed: system failed": "平台发送失败"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of one template message; `key` is the platform's msgid."""

    key: str
    delivered: bool
    reason: str


def require(signature: str, timestamp: str, nonce: str, *sealed: str) -> None:
    """NotSignedIn unless the signature is made with our token, over these parts, not long ago."""
    try:
        token = ring().secret_text(TOKEN)
    except KeyMissing as problem:
        raise NotSignedIn from problem
    expected = hashlib.sha1("".join(sorted([token, timestamp, nonce, *sealed])).encode()).hexdigest()  # noqa: S324 - theirs
    old = not timestamp.isdecimal() or abs(clock.now().timestamp() - int(timestamp)) > _FRESH.total_seconds()
    if old or not hmac.compare_digest(expected.encode(), signature.encode()):
        raise NotSignedIn


def read(query: Mapping[str, str], body: bytes) -> Finished | None:
    """The result a push tells of; None for events about something else. NotSignedIn for what is not the platform's."""
    sealed = _parts(body).get("Encrypt", "")
    require(query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", ""), sealed)
    event = _parts(_opened(sealed))
    if event.get("Event") != FINISHED:
        return None
    status = event.get("Status", "")
    return Finished(key=event.get("MsgID", ""), delivered=status == "success", reason=_REASONS.get(status, status))


def _parts(xml: bytes) -> dict[str, str]:
    try:
        root = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as problem:
        raise InvalidInput from problem
    return {element.tag: (element.text or "").strip() for element in root}


def _opened(sealed: str) -> bytes:
    """The XML inside; only a push for our own appid is ours."""
    try:
        key = base64.b64decode(ring().secret_text(AES_KEY) + "=")
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    except (KeyMissing, binascii.Error, ValueError) as problem:
        raise NotSignedIn from problem
    plain = plain[: -plain[-1]]
    end = _HEAD + int.from_bytes(plain[16:_HEAD])
    if plain[end:].decode(errors="replace") != settings.HUB_WECHAT_APPID:
        raise NotSignedIn
    return plain[_HEAD:end]
