"""System check: a route whose view declares no permission fails the build (MLPS CES1-05: default deny)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from hub.api.permissions import DeclaredPermission, declared_permissions
from hub.security.permissions import is_declared

_FOREIGN = ("drf_spectacular.",)
_ID = "hub.api.E001"


@register()
def check_declared_permissions(**_options: Any) -> list[CheckMessage]:
    """Every API view of the URL table declares a registered permission and keeps DeclaredPermission."""
    return [problem for route, view in _api_views(get_resolver()) for problem in _problems(route, view)]


def _problems(route: str, view: type[APIView]) -> Iterator[CheckMessage]:
    if view.__module__.startswith(_FOREIGN):
        return
    if list(view.permission_classes) != [DeclaredPermission]:
        yield Error(f"{view.__qualname__} at {route} replaces DeclaredPermission", obj=view, id=_ID)
    declared = declared_permissions(view)
    names = list(declared.values())
    if not names or not all(is_declared(name) for name in names):
        yield Error(
            f"{view.__qualname__} at {route} declares no registered permission",
            hint="set `permission` to PUBLIC, SIGNED_IN, RESIDENT or a constant of a permissions.py",
            obj=view,
            id=_ID,
        )


def _api_views(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, type[APIView]]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _api_views(entry, route)
        elif isinstance(entry, URLPattern):
            view = getattr(entry.callback, "cls", None) or getattr(entry.callback, "view_class", None)
            if isinstance(view, type) and issubclass(view, APIView):
                yield route, view
