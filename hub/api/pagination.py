"""Cursor pages: `?cursor=&limit=` in, `{"items": [...], "next": cursor or null}` out.

A cursor carries the ordering key of the last row shown, signed, so that a page is one index range however deep and
stays right while rows are added.

    page = page_request(request)
    rows = selectors.bookings(after=page.after, limit=page.limit + 1)
    return CursorPage.of(rows, page, key=lambda row: (row.created_at, row.id)).response(render)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.core import signing
from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.errors import InvalidInput

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_SALT = "hub.api.cursor"
_STALE = "分页标记无效，请从第一页重新开始"
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What the caller asked for; `after` is the ordering key of the last row he has, as texts."""

    after: tuple[str, ...] | None
    limit: int


def page_request(request: Request) -> PageRequest:
    """Read `cursor` and `limit`; InvalidInput when either is not ours."""
    raw_limit = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not raw_limit.isdecimal() or not 1 <= int(raw_limit) <= MAX_LIMIT:
        raise InvalidInput(fields={"limit": gettext("应为 1 到 %(MAX_LIMIT)s 的整数") % {"MAX_LIMIT": MAX_LIMIT}})
    cursor = request.query_params.get("cursor")
    return PageRequest(_after(cursor) if cursor else None, int(raw_limit))


def _after(cursor: str) -> tuple[str, ...]:
    try:
        return tuple(str(part) for part in signing.loads(cursor, salt=_SALT))
    except (signing.BadSignature, ValueError, TypeError) as problem:
        raise InvalidInput(fields={"cursor": _STALE}) from problem


@dataclass(frozen=True, slots=True)
class CursorPage(Generic[Row]):
    """One page of rows and the cursor of the next."""

    items: Sequence[Row]
    next: str | None

    @classmethod
    def of(cls, rows: Sequence[Row], page: PageRequest, *, key: Callable[[Row], tuple[Any, ...]]) -> CursorPage[Row]:
        """Cut `limit + 1` fetched rows into a page; `key` gives the ordering key of a row."""
        items = rows[: page.limit]
        if len(rows) <= page.limit:
            return cls(items, None)
        return cls(items, signing.dumps([_text(part) for part in key(items[-1])], salt=_SALT))

    @classmethod
    def cut(cls, rows: Sequence[Row], page: PageRequest, *, key: Callable[[Row], tuple[Any, ...]]) -> CursorPage[Row]:
        """A page of a short list that is read whole anyway; `key` names a row. InvalidInput when that row is gone."""
        start = 0
        if page.after is not None:
            names = [tuple(map(_text, key(row))) for row in rows]
            if page.after not in names:
                raise InvalidInput(fields={"cursor": _STALE})
            start = names.index(page.after) + 1
        return cls.of(rows[start : start + page.limit + 1], page, key=key)

    def response(self, render: Callable[[Row], Any]) -> Response:
        """The answer, each row rendered."""
        return Response({"items": [render(row) for row in self.items], "next": self.next})

    def shown(self, serializer: type[serializers.BaseSerializer[Any]]) -> Response:
        """The answer, all rows by one serializer: a new one copies its fields, which takes longer than a row."""
        return self.response(serializer().to_representation)


@cache
def page_of(item: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The shape of a page of such items, for the API's document."""
    fields = {"items": item(many=True), "next": serializers.CharField(allow_null=True)}
    return type(item.__name__.replace("Serializer", "PageSerializer"), (serializers.Serializer,), fields)


def _text(part: Any) -> str:
    return part.isoformat() if hasattr(part, "isoformat") else str(part)
