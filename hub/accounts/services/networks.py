"""Where administrators may work from: set by the security administrator of the place (CES1-19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from uuid import UUID

from django.utils.translation import gettext

from hub.accounts import addresses, selectors
from hub.accounts.models import DISTRICT, AdminNetwork, StaffMembership
from hub.accounts.permissions import LIMIT_NETWORKS
from hub.actor import Actor, ActorKind
from hub.errors import Conflict, Forbidden, InvalidInput, NotFound
from hub.security.permissions import require
from hub.security.roles import ADMINISTRATORS
from hub.tenancy.scope import REGION, region
from hub.work import work

LONGEST_NOTE = 100


class WouldLockOut(Conflict):
    """After this change the administrator at this very desk could not come back in."""

    code = "accounts.would_lock_out"
    text = "这样一来，您现在的地址就不在允许之列，您自己也无法再登录。请先登记您所在的网段。"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkView:
    """A network as its administrators see it."""

    id: UUID
    network: str
    note: str
    added_by_name: str
    added_at: datetime
    has_actor: bool


def networks(*, actor: Actor) -> list[NetworkView]:
    """The networks of the actor's own place, oldest first. One query."""
    require(actor, LIMIT_NETWORKS)
    with region(read_only=True):
        rows = AdminNetwork.objects.filter(institution_code=actor.institution or DISTRICT, ended_at__isnull=True)
        return [
            NetworkView(
                id=row.id,
                network=row.network,
                note=row.note,
                added_by_name=row.added_by_name,
                added_at=row.added_at,
                has_actor=addresses.within(actor.ip, (row.network,)),
            )
            for row in rows.order_by("added_at")
        ]


def allow_network(*, actor: Actor, network: str, note: str) -> None:
    """Let administrators of the actor's place work from a network (`10.8.0.0/16`, or one address).

    InvalidInput for what is no network, WouldLockOut when the first one does not hold the actor's own address.
    """
    require(actor, LIMIT_NETWORKS)
    try:
        wanted = str(ip_network(network.strip(), strict=False))
    except ValueError:
        raise InvalidInput(fields={"network": gettext("请填写地址或网段，例如 10.8.0.0/16。")}) from None
    if not note.strip() or len(note.strip()) > LONGEST_NOTE:
        raise InvalidInput(fields={"note": gettext("请写明这是哪里，不超过 100 字。")})
    place = actor.institution or DISTRICT
    with work(REGION, actor=actor) as unit:
        there = _standing(place)
        if wanted not in there:
            _check_in(actor, [*there, wanted])
            AdminNetwork.objects.create(
                institution_code=place,
                network=wanted,
                note=note.strip(),
                added_by_name=actor.name[:64],
                added_at=unit.now,
            )
        unit.audit("accounts.network_allowed", target=f"network:{wanted}", reason=note.strip())
    _forget_administrators(place)


def end_network(*, actor: Actor, network_id: UUID) -> None:
    """Stop letting administrators in from a network; without any, every address is allowed again."""
    require(actor, LIMIT_NETWORKS)
    place = actor.institution or DISTRICT
    with work(REGION, actor=actor) as unit:
        there = _standing(place)
        row = AdminNetwork.objects.filter(id=network_id, institution_code=place, ended_at__isnull=True).first()
        if row is None:
            raise NotFound
        _check_in(actor, [one for one in there if one != row.network])
        row.ended_at, row.ended_by_name = unit.now, actor.name[:64]
        row.save(update_fields=["ended_at", "ended_by_name"])
        unit.audit("accounts.network_ended", target=f"network:{row.network}", reason=row.note)
    _forget_administrators(place)


def end_all_networks(*, actor: Actor, institution_code: str) -> int:
    """The way back in for administrators who locked themselves out, at the operators' terminal; how many ended."""
    if actor.kind is not ActorKind.SYSTEM:
        raise Forbidden
    with work(REGION, actor=actor) as unit:
        rows = AdminNetwork.objects.filter(institution_code=institution_code, ended_at__isnull=True)
        ended: int = rows.update(ended_at=unit.now, ended_by_name=actor.name[:64])
        unit.audit("accounts.networks_opened", target=f"institution:{institution_code}", detail={"ended": ended})
    _forget_administrators(institution_code)
    return ended


def _standing(place: str) -> list[str]:
    """The place's networks, locked: two administrators can't take away the last two of theirs at once."""
    rows = AdminNetwork.objects.select_for_update().filter(institution_code=place, ended_at__isnull=True)
    return list(rows.order_by("id").values_list("network", flat=True))


def _check_in(actor: Actor, after: list[str]) -> None:
    if after and not addresses.within(actor.ip, after):
        raise WouldLockOut


def _forget_administrators(place: str) -> None:
    with region(read_only=True):
        held = StaffMembership.objects.filter(institution_code=place, role__in=ADMINISTRATORS, ended_at__isnull=True)
        people = list(held.values_list("user_id", flat=True))
    for user_id in people:
        selectors.forget(user_id)
