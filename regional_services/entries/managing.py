"""The district's side: who may send people here, with which keys, into what."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from hub import ids
from hub.actor import Actor
from hub.errors import InvalidInput, NotFound
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.entries import signing
from regional_services.entries.errors import CallerTaken
from regional_services.entries.models import Algorithm, Caller, CallerKey
from regional_services.entries.permissions import MANAGE, VIEW
from tenants.directory.models import Service
from tenants.registry import selectors as registry

_CODE = re.compile(r"[a-z][a-z0-9-]{2,31}")
LONGEST_OVERLAP = 30  # days an old key may count beside its successor


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerWish:
    """What is written of a caller."""

    name: str
    contact: str = ""
    services: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A key without its secret."""

    id: UUID
    name: str
    algorithm: str
    algorithm_text: str
    made_by: str
    made_at: datetime
    ends_at: datetime | None

    def counts_at(self, now: datetime) -> bool:
        """Whether links signed with it lead in."""
        return self.ends_at is None or self.ends_at > now


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerView:
    """A caller as the district sees it."""

    id: UUID
    code: str
    name: str
    contact: str
    services: tuple[Service, ...]
    places: tuple[str, ...]
    returns: tuple[str, ...]
    is_on: bool
    made_by: str
    made_at: datetime
    keys: tuple[KeyView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """A key just made; the secret is shown now and never again (empty for RSA)."""

    name: str
    secret: str


def callers(actor: Actor) -> list[CallerView]:
    """All callers, by code. Two queries."""
    require(actor, VIEW)
    return [_view(row) for row in Caller.objects.prefetch_related("keys")]


def caller(actor: Actor, caller_id: UUID) -> CallerView:
    """One of them; NotFound. Two queries."""
    require(actor, VIEW)
    row = Caller.objects.prefetch_related("keys").filter(pk=caller_id).first()
    if row is None:
        raise NotFound
    return _view(row)


def register(*, actor: Actor, code: str, wish: CallerWish) -> UUID:
    """A new caller, without a key yet; its id. InvalidInput names the fields; CallerTaken."""
    require(actor, MANAGE)
    if not _CODE.fullmatch(code):
        raise InvalidInput(fields={"code": "来源代码为3至32位小写字母、数字或连字符，以字母开头。"})
    checked = _checked(wish)
    with work(REGION, actor=actor) as unit:
        row = Caller(id=ids.uuid7(), code=code, made_by=actor.name[:60], made_at=unit.now)
        _fill(row, checked)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise CallerTaken(fields={"code": CallerTaken.text}) from None
        unit.audit("entries.caller_registered", target=f"caller:{code}", detail=_said(row))
        return UUID(str(row.id))


def change(*, actor: Actor, caller_id: UUID, wish: CallerWish) -> None:
    """Change what is written of a caller; its code stays."""
    require(actor, MANAGE)
    checked = _checked(wish)
    with work(REGION, actor=actor) as unit:
        row = _locked(caller_id)
        before = _said(row)
        _fill(row, checked)
        row.save()
        unit.audit("entries.caller_changed", target=f"caller:{row.code}", detail={"was": before, "is": _said(row)})


def switch(*, actor: Actor, caller_id: UUID, on: bool) -> None:
    """Let a caller's links in, or refuse them from the next tap on; visits under way go on."""
    require(actor, MANAGE)
    with work(REGION, actor=actor) as unit:
        row = _locked(caller_id)
        row.is_on = on
        row.save(update_fields=["is_on"])
        unit.audit("entries.caller_on" if on else "entries.caller_off", target=f"caller:{row.code}")


def add_key(*, actor: Actor, caller_id: UUID, algorithm: str, public_key: str = "", overlap_days: int = 7) -> MadeKey:
    """A new key; those before it count for `overlap_days` more (0: they end now), so that the caller can change over.

    InvalidInput where a public key can't be read.
    """
    require(actor, MANAGE)
    kind = _algorithm(algorithm)
    if not 0 <= overlap_days <= LONGEST_OVERLAP:
        raise InvalidInput(fields={"overlap_days": f"新旧密钥并行0至{LONGEST_OVERLAP}天。"})
    if kind is Algorithm.RSA:
        try:
            signing.read_public_key(public_key)
        except ValueError:
            raise InvalidInput(fields={"public_key": "请粘贴2048位以上RSA公钥（PEM格式）。"}) from None
        signing.ensure_own_key()
    secret = secrets.token_urlsafe(32) if kind is Algorithm.HMAC else ""
    with work(REGION, actor=actor) as unit:
        row = _locked(caller_id)
        _end_earlier(unit, row, overlap_days)
        key = CallerKey.objects.create(
            id=ids.uuid7(),
            caller=row,
            name=f"k{secrets.token_hex(5)}",
            algorithm=kind,
            secret=secret or None,
            public_key=public_key.strip() if kind is Algorithm.RSA else "",
            made_by=actor.name[:60],
            made_at=unit.now,
        )
        detail = {"key": key.name, "algorithm": kind, "overlap_days": overlap_days}
        unit.audit("entries.key_made", target=f"caller:{row.code}", detail=detail)
    return MadeKey(name=key.name, secret=secret)


def end_key(*, actor: Actor, caller_id: UUID, key_id: UUID) -> None:
    """A key that leaked, or is not needed any more, ends now. NotFound for another caller's."""
    require(actor, MANAGE)
    with work(REGION, actor=actor) as unit:
        row = _locked(caller_id)
        key = row.keys.filter(pk=key_id).first()
        if key is None:
            raise NotFound
        if key.ends_at is None or key.ends_at > unit.now:
            key.ends_at = unit.now
            key.save(update_fields=["ends_at"])
        unit.audit("entries.key_ended", target=f"caller:{row.code}", detail={"key": key.name})


def _end_earlier(unit: Unit, row: Caller, overlap_days: int) -> None:
    end = unit.now + timedelta(days=overlap_days)
    row.keys.filter(ends_at__isnull=True).update(ends_at=end)
    row.keys.filter(ends_at__gt=end).update(ends_at=end)


def _locked(caller_id: UUID) -> Caller:
    row = Caller.objects.select_for_update().filter(pk=caller_id).first()
    if row is None:
        raise NotFound
    return row


def _algorithm(code: str) -> Algorithm:
    try:
        return Algorithm(code)
    except ValueError:
        raise InvalidInput(fields={"algorithm": "请选择签名算法。"}) from None


def _checked(wish: CallerWish) -> CallerWish:
    wrong: dict[str, str] = {}
    if not wish.name.strip():
        wrong["name"] = "请填写名称。"
    if not wish.services or not set(wish.services) <= set(Service.values):
        wrong["services"] = "请至少选择一项服务。"
    if not set(wish.places) <= {view.code for view in registry.institutions()}:
        wrong["places"] = "请选择列出的机构。"
    if not wish.returns or not all(map(_is_address, wish.returns)):
        wrong["returns"] = "请每行填写一个https地址；只有登记的地址才会返回。"
    if wrong:
        raise InvalidInput(fields=wrong)
    return wish


def _is_address(text: str) -> bool:
    """https everywhere, http on a machine of one's own (the demo)."""
    parts = urlsplit(text)
    local = settings.DEBUG or parts.hostname in ("localhost", "127.0.0.1")
    plain = bool(parts.hostname) and not parts.query and not parts.fragment and not parts.username
    return plain and len(text) <= 200 and (parts.scheme == "https" or (local and parts.scheme == "http"))


def _fill(row: Caller, wish: CallerWish) -> None:
    row.name, row.contact = wish.name.strip()[:60], wish.contact.strip()[:60]
    row.services, row.places, row.returns = sorted(set(wish.services)), sorted(set(wish.places)), list(wish.returns)


def _said(row: Caller) -> dict[str, object]:
    return {"name": row.name, "services": row.services, "places": row.places, "returns": row.returns}


def _view(row: Caller) -> CallerView:
    return CallerView(
        id=row.id,
        code=row.code,
        name=row.name,
        contact=row.contact,
        services=tuple(map(Service, row.services)),
        places=tuple(row.places),
        returns=tuple(row.returns),
        is_on=row.is_on,
        made_by=row.made_by,
        made_at=row.made_at,
        keys=tuple(
            KeyView(
                id=key.id,
                name=key.name,
                algorithm=key.algorithm,
                algorithm_text=Algorithm(key.algorithm).label,
                made_by=key.made_by,
                made_at=key.made_at,
                ends_at=key.ends_at,
            )
            for key in row.keys.all()
        ),
    )
