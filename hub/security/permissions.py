"""Permissions as code: each app's `permissions.py` declares constants, this registry answers which role holds what.

    VIEW_BOOKINGS = permission("appointments.view", "查看预约", roles=(Role.RECEPTION, Role.DOCTOR))

There is no table of permissions: what a role may do changes by a reviewed commit, who holds a role by an audited act.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, NotSignedIn
from hub.security.roles import Role

_NAME = re.compile(r"[a-z_]+\.[a-z_]+")

PUBLIC = "public"
"""Declared by a view that anybody may call."""
SIGNED_IN = "signed_in"
"""Declared by a view that any signed-in account may call, resident or staff."""
RESIDENT = "resident"
"""Declared by a view that any signed-in resident may call; what he sees is decided object by object in `access.py`."""
DECLARATIONS = frozenset({PUBLIC, SIGNED_IN, RESIDENT})


@dataclass(frozen=True, slots=True)
class Permission:
    """One registered permission."""

    name: str
    title: str
    roles: frozenset[Role]
    emergency: bool = False


_registry: dict[str, Permission] = {}


def permission(name: str, title: str, *, roles: Iterable[Role] = (), emergency: bool = False) -> str:
    """Register a permission `<app>.<act>` and return its name for use as a constant.

    `emergency`: whoever may break the glass holds it for that half hour.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a permission is called <app>.<act>, not {name!r}")
    entry = Permission(name, title, frozenset(roles), emergency)
    if _registry.setdefault(name, entry) != entry:
        raise ValueError(f"permission {name!r} is declared twice")
    return name


def registered() -> dict[str, Permission]:
    """All permissions by name."""
    return dict(_registry)


def permissions_of(roles: Iterable[Role]) -> frozenset[str]:
    """What these roles together may do."""
    held = frozenset(roles)
    return frozenset(entry.name for entry in _registry.values() if entry.roles & held)


def emergency_permissions() -> frozenset[str]:
    """What breaking the glass gives."""
    return frozenset(entry.name for entry in _registry.values() if entry.emergency)


def is_declared(name: str | None) -> bool:
    """Whether a view's `permission` is a declaration or a registered permission."""
    return name is not None and (name in DECLARATIONS or name in _registry)


def require(actor: Actor | None, name: str) -> None:
    """Raise NotSignedIn or Forbidden unless `actor` satisfies a declaration or holds the permission."""
    if name == PUBLIC:
        return
    if actor is None or actor.id is None:
        raise NotSignedIn
    if name == SIGNED_IN:
        return
    if name == RESIDENT:
        if actor.kind is not ActorKind.RESIDENT:
            raise Forbidden("此功能仅供居民本人使用。")
        return
    if not actor.may(name):
        raise Forbidden
