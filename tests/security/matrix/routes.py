"""Every URL pattern there is, with what it declares: the rows of the matrix. A new route joins by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from hub.api.permissions import declared_permissions
from hub.security.guards import Guard, guard_of

_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """One URL pattern."""

    name: str
    pattern: str
    callback: Callable[..., Any]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of what the address leaves open."""
        return tuple(found[1] for found in _PARAMETER.findall(self.pattern))

    @property
    def typed(self) -> tuple[tuple[str, str], ...]:
        """(converter, name) of each parameter."""
        return tuple((found[0], found[1]) for found in _PARAMETER.findall(self.pattern))

    @property
    def area(self) -> str:
        """`api`, `workspace`, `district`, `desk`, or `resident` for everything else."""
        first = self.pattern.split("/")[0]
        return first if first in ("api", "workspace", "district", "desk") else "resident"

    @property
    def guard(self) -> Guard | None:
        """What a page declares."""
        return guard_of(self.callback)

    @property
    def api(self) -> type[APIView] | None:
        """The class of an API view."""
        view = getattr(self.callback, "cls", None) or getattr(self.callback, "view_class", None)
        return view if isinstance(view, type) and issubclass(view, APIView) else None

    @property
    def methods(self) -> tuple[str, ...]:
        """Those of GET and POST that a page answers, out of Django's own decorator; both where it has none."""
        cells = getattr(self.callback, "__closure__", None) or ()
        lists = [cell.cell_contents for cell in cells if isinstance(cell.cell_contents, list)]
        allowed = lists[0] if lists else ["GET", "POST"]
        return tuple(method for method in ("GET", "POST") if method in allowed)

    def operations(self) -> list[tuple[str, str]]:
        """(method, declared permission) of an API route; "" where nothing is declared."""
        view = self.api
        if view is None:
            return []
        declared = declared_permissions(view)
        return [
            (method, declared.get(method, declared.get("*", ""))) for method in METHODS if hasattr(view, method.lower())
        ]

    def address(self, values: dict[str, str]) -> str:
        """The address with its parameters filled in."""
        return "/" + _PARAMETER.sub(lambda found: values[found[2]], self.pattern)


def _walk(resolver: URLResolver, prefix: str = "") -> list[Route]:
    found: list[Route] = []
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += _walk(entry, pattern)
        elif isinstance(entry, URLPattern) and entry.callback is not None:
            found.append(Route(entry.name or pattern, pattern, entry.callback))
    return found


ROUTES = _walk(get_resolver())
API = [route for route in ROUTES if route.api is not None]
PAGES = [route for route in ROUTES if route.api is None]
GUARDED = [route for route in PAGES if route.guard is not None]
