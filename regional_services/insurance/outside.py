"""The insurer's voucher service: the national envelope (fsi), the body signed by HMAC for the relay.

EC01 activates, EC02 says what became of a number. Both are POST {"infno", "msgid", .., "input": {"data": {..}}} and
answer {"infcode", "inf_refmsgid", "err_msg", "output"}: infcode 0 is an answer, below 0 a refusal with its words.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings

from hub import clock
from hub.outgoing import http as outgoing
from hub.security.keyring import ring
from regional_services.identity.documents import DocumentKind
from regional_services.identity.selectors import IdentityCard

SECRET = "outside.insurer"  # noqa: S105 (a reference, not a secret)
# The insurer's own codes of documents (psn_cert_type); it issues vouchers on no others.
CERTIFICATES = {
    DocumentKind.RESIDENT_ID: "01",
    DocumentKind.HOUSEHOLD_BOOK: "01",
    DocumentKind.HMT_RESIDENCE: "16",
    DocumentKind.FOREIGN_RESIDENT: "10",
}
_NEVER_SEEN = "EC404"


class Unanswered(Exception):
    """No definite answer: what became of the number is asked again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`active`, or refused with the insurer's words; `is_seen` is false where it never got the number."""

    active: bool
    reason: str = ""
    is_seen: bool = True


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return outgoing.client(timeout=httpx.Timeout(8, connect=2))


def activate(number: str, card: IdentityCard) -> Answer:
    """Ask for an activation under this number; the insurer takes one number once. Unanswered."""
    data = {
        "psn_cert_type": CERTIFICATES[DocumentKind(card.document_type)],
        "certno": card.document_number,
        "psn_name": card.name,
        "mobile": card.phone.removeprefix("+86"),
    }
    return _read(_call("EC01", number, data))


def became_of(number: str) -> Answer:
    """What became of an earlier question. Unanswered."""
    return _read(_call("EC02", f"{number}Q", {"omsgid": number}))


def _read(answer: dict[str, Any]) -> Answer:
    code, output = answer.get("infcode"), answer.get("output") or {}
    if code == 0 and isinstance(output, dict) and output.get("ec_status") == "1":
        return Answer(active=True)
    if isinstance(code, int) and code < 0:
        words = str(answer.get("err_msg", ""))
        if words.startswith(_NEVER_SEEN):
            return Answer(active=False, is_seen=False)
        return Answer(active=False, reason=words[:200] or "医保局没有说明原因")
    raise Unanswered(f"infcode {code!r}")


def _call(infno: str, msgid: str, data: dict[str, str]) -> dict[str, Any]:
    body = json.dumps(
        {
            "infno": infno,
            "msgid": msgid,
            "mdtrtarea_admvs": "310000",
            "insuplc_admdvs": "",
            "recer_sys_code": "HUB",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "3",
            "inf_time": f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}",
            "input": {"data": data},
        },
        ensure_ascii=False,
    ).encode()
    signature = hmac.digest(ring().secret(SECRET), body, "sha256").hex()
    try:
        response = _http().post(
            f"{settings.HUB_OUTSIDE['insurer']}/api/fsi/callService",
            content=body,
            headers={"Content-Type": "application/json", "X-Signature": signature},
        )
        answer = response.json() if response.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError) as problem:
        raise Unanswered(type(problem).__name__) from problem
    if not isinstance(answer, dict) or answer.get("inf_refmsgid") != msgid:
        raise Unanswered("not an answer to this question")
    return answer
