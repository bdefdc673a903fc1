"""The one permission class: a view answers only under the permission it declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from hub.actor import Actor
from hub.security.permissions import is_declared, require

if TYPE_CHECKING:  # rest_framework.views imports this module while it loads
    from rest_framework.views import APIView


def declared_permissions(view: object) -> dict[str, str]:
    """What a view class declares, by method; `permission` may be one name for all or a mapping."""
    permission = getattr(view, "permission", None)
    if isinstance(permission, str):
        return {"*": permission}
    return dict(permission) if isinstance(permission, dict) else {}


class DeclaredPermission(BasePermission):
    """Grants what the view's `permission` says; a view that says nothing is refused (and fails the system check)."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not hasattr(view, (request.method or "").lower()):
            return True  # nothing answers this method: DRF says 405
        declared = declared_permissions(view)
        name = declared.get(request.method or "", declared.get("*"))
        if name is None or not is_declared(name):
            return False
        require(request.user if isinstance(request.user, Actor) else None, name)
        return True
