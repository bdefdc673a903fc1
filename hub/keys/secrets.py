"""Secrets agreed with somebody outside: replaced, retired, told apart by whose they are; never shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from hub.accounts.models import DISTRICT
from hub.actor import Actor
from hub.errors import InvalidInput, NotFound
from hub.keys.models import SecretAct, SecretChange
from hub.keys.permissions import REPLACE_SECRETS, VIEW_KEYS
from hub.keys.services import RingReadOnly
from hub.security.keyring import KeyMissing, ring
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work

SHORTEST = 32
LONGEST = 4096
LONGEST_REASON = 200
_OF_HOSPITALS = "his."
_ELSEWHERE = ("merchant.", "handover.", "hub.")
"""Changed by the pages of payments and leaving, each with two persons; the hub's own are agreed with nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretView:
    """A secret by its name: whether it is there, and what was last done with it."""

    reference: str
    is_there: bool
    act: str
    by_name: str
    at: datetime | None


def place_of(reference: str) -> str:
    """The hospital whose secret this is, or the district."""
    return reference.removeprefix(_OF_HOSPITALS) if reference.startswith(_OF_HOSPITALS) else DISTRICT


def secrets(*, actor: Actor, place: str = "") -> list[SecretView]:
    """The secrets the actor may change: the district's administrators all, a hospital's their own. One query.

    `place` narrows the list to one hospital's.
    """
    require(actor, VIEW_KEYS)
    wanted = actor.institution or place
    known = {name for name in ring().references() if not name.startswith(_ELSEWHERE)}
    with region(read_only=True):
        rows = SecretChange.objects.order_by("reference", "-id").distinct("reference")
        newest = {row.reference: row for row in (rows.filter(institution_code=wanted) if wanted else rows)}
    names = sorted(known | newest.keys())
    return [_view(name, name in known, newest.get(name)) for name in names if not wanted or place_of(name) == wanted]


def replace_secret(*, actor: Actor, reference: str, value: str) -> None:
    """Put a newly agreed secret in force, everywhere within two seconds; the value leaves no trace.

    NotFound for another place's secret; a retired one may be set again.
    """
    _check(actor, reference)
    if not SHORTEST <= len(value) <= LONGEST:
        raise InvalidInput("凭据应为 32 到 4096 个字符。")
    try:
        with work(REGION, actor=actor) as unit:
            ring().put_secret(reference, value.encode())
            _note(actor, reference, SecretAct.REPLACED, "", unit.now)
            unit.audit("security.secret_replaced", target=f"secret:{reference}")
    except KeyMissing as problem:
        raise RingReadOnly from problem


def retire_secret(*, actor: Actor, reference: str, reason: str) -> None:
    """Forget a hospital's secret at once (it became known to others): nothing is believed or sent under it any more."""
    _check(actor, reference)
    if place_of(reference) == DISTRICT:
        raise InvalidInput(gettext("平台自身的凭据只能更换，不能停用。"))
    if not reason.strip() or len(reason.strip()) > LONGEST_REASON:
        raise InvalidInput(gettext("请写明停用的原因，不超过 200 字。"))
    try:
        with work(REGION, actor=actor) as unit:
            ring().remove_secret(reference)
            _note(actor, reference, SecretAct.RETIRED, reason.strip(), unit.now)
            unit.audit("security.secret_retired", target=f"secret:{reference}", reason=reason.strip())
    except KeyMissing as problem:
        raise RingReadOnly from problem


def _check(actor: Actor, reference: str) -> None:
    require(actor, REPLACE_SECRETS)
    if reference not in {view.reference for view in secrets(actor=actor)}:
        raise NotFound


def _note(actor: Actor, reference: str, act: SecretAct, reason: str, at: datetime) -> None:
    SecretChange.objects.create(
        institution_code=place_of(reference),
        reference=reference,
        act=act,
        reason=reason,
        by_name=actor.name[:64],
        at=at,
    )


def _view(reference: str, is_there: bool, row: SecretChange | None) -> SecretView:
    return SecretView(
        reference=reference,
        is_there=is_there,
        act=SecretAct(row.act).label if row else "",
        by_name=row.by_name if row else "",
        at=row.at if row else None,
    )
