"""A link from outside: looked at step by step, refused in words and counted, or led in once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from hub import clock, ids
from hub.accounts import digests
from hub.actor import Actor
from hub.api import throttling
from hub.errors import NotFound
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.catalog import offers
from regional_services.entries import signing
from regional_services.entries.errors import (
    CallerOff,
    CallerUnknown,
    EntryRefused,
    LinkExpired,
    LinkReplayed,
    PlaceRefused,
    ReturnRefused,
    ServiceRefused,
    SignatureWrong,
)
from regional_services.entries.models import Algorithm, Caller, CallerKey, RefusalCount, Visit
from tenants.directory.models import Service
from tenants.registry import selectors as registry

VALID_FOR = timedelta(minutes=10)
AHEAD = timedelta(minutes=2)  # how much a caller's clock may be fast
NONCE = range(16, 65)
LONGEST = {"return": 500, "state": 128}


def arrive(*, actor: Actor, parameters: Mapping[str, str], token: str) -> UUID:
    """Let the bearer of a signed link in; the visit's id. `token` is a secret of this browser or app.

    The same link opened again by the same bearer goes on with the same visit (reloads, back buttons); by anybody else
    it is LinkReplayed. Raises an EntryRefused, which is counted.
    """
    throttling.take("public", f"entry:{actor.ip}")
    caller = None
    try:
        with region(read_only=True):
            caller = Caller.objects.filter(code=parameters.get("caller", "")).first()
            key = _checked(caller, parameters)
        assert caller is not None
        return _let_in(actor, caller, key, parameters, digests.of(token))
    except EntryRefused as refusal:
        _count(actor, caller, refusal)
        raise


def _checked(caller: Caller | None, given: Mapping[str, str]) -> CallerKey:
    """The key the link is signed with. What costs least, and says least to a forger, comes first."""
    if caller is None:
        raise CallerUnknown
    if not caller.is_on:
        raise CallerOff
    key = caller.keys.filter(name=given.get("key", "")).first()
    if key is None or (key.ends_at is not None and key.ends_at <= clock.now()) or not _is_signed(key, given):
        raise SignatureWrong
    _check_time(given)
    if given.get("service") not in caller.services or given.get("service") not in Service.values:
        raise ServiceRefused
    if not may_return(caller.returns, given.get("return", "")) or len(given["return"]) > LONGEST["return"]:
        raise ReturnRefused
    _check_place(caller, Service(given["service"]), given.get("at", ""))
    return key


def _is_signed(key: CallerKey, given: Mapping[str, str]) -> bool:
    if key.algorithm == Algorithm.RSA:
        return signing.is_rsa_right(key.public_key, given)
    return signing.is_hmac_right(key.secret or "", given)


def _check_time(given: Mapping[str, str]) -> None:
    at, nonce = given.get("ts", ""), given.get("nonce", "")
    if not at.isdecimal() or len(at) > 12 or len(nonce) not in NONCE or len(given.get("state", "")) > LONGEST["state"]:
        raise LinkExpired
    age = clock.now().timestamp() - int(at)
    if not -AHEAD.total_seconds() <= age <= VALID_FOR.total_seconds():
        raise LinkExpired


def _check_place(caller: Caller, service: Service, place: str) -> None:
    """Immunisation names its community; the others may leave the choice to the visitor."""
    if not place and service is not Service.IMMUNISATION:
        return
    if caller.places and place not in caller.places:
        raise PlaceRefused
    try:
        shown = registry.institution(place).is_shown
    except NotFound:
        shown = False
    if not shown or not offers.is_offered(service, place):
        raise PlaceRefused


def may_return(allowed: list[str], address: str) -> bool:
    """Whether `address` lies under one of the allowed ones: scheme and host equal, the path whole segments below."""
    wanted = urlsplit(address)
    if wanted.scheme not in ("https", "http") or not wanted.hostname or wanted.username or wanted.fragment:
        return False
    return any(
        (base.scheme, base.netloc) == (wanted.scheme, wanted.netloc)
        and f"{wanted.path.rstrip('/')}/".startswith(f"{base.path.rstrip('/')}/")
        and "/.." not in wanted.path
        for base in map(urlsplit, allowed)
    )


def _let_in(actor: Actor, caller: Caller, key: CallerKey, given: Mapping[str, str], browser: bytes) -> UUID:
    with work(REGION, actor=actor) as unit:
        visit = Visit(
            id=ids.uuid7(),
            caller=caller,
            key=key,
            nonce=given["nonce"],
            service=given["service"],
            place=given.get("at", ""),
            return_to=given["return"],
            state=given.get("state", ""),
            browser=browser,
            account_id=actor.id,
            arrived_at=unit.now,
        )
        try:
            with transaction.atomic():
                visit.save(force_insert=True)
        except IntegrityError:
            earlier = Visit.objects.get(caller=caller, nonce=given["nonce"])
            if bytes(earlier.browser) != browser:
                raise LinkReplayed from None
            unit.audit("entries.arrived_again", target=f"entry:{earlier.id}")
            return UUID(str(earlier.id))
        unit.audit(
            "entries.arrived", target=f"entry:{visit.id}", detail={"caller": caller.code, "service": visit.service}
        )
        return UUID(str(visit.id))


def _count(actor: Actor, caller: Caller | None, refusal: EntryRefused) -> None:
    with work(REGION, actor=actor) as unit:
        row, _made = RefusalCount.objects.get_or_create(caller=caller, day=clock.today(), reason=refusal.reason)
        RefusalCount.objects.filter(pk=row.pk).update(count=F("count") + 1)
        unit.audit(
            "entries.refused",
            target=f"caller:{caller.code if caller else ''}",
            outcome="failure",
            reason=refusal.reason,
        )
