"""Lists a page at a time: the filters live in the address, and so does the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Leaf(Generic[Row]):
    """The rows of one page, and the addresses of its neighbours; empty where there is none (components/pager.html)."""

    rows: Sequence[Row]
    earlier: str
    more: str


def query_with(request: HttpRequest, **changes: str) -> str:
    """The query of this page with some parts changed; an empty part is left out."""
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = value
    return "?" + urlencode({name: value for name, value in query.items() if value})


def id_of(text: str) -> UUID | None:
    """An id somebody sent; None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def number_of(request: HttpRequest) -> int:
    """The page asked for, from 1; a mangled one is the first."""
    asked = request.GET.get("page", "")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 8 else 1


def leaf_of(request: HttpRequest, rows: Sequence[Row], size: int) -> Leaf[Row]:
    """The page asked for of rows that are all at hand."""
    number = number_of(request)
    return _leaf(request, number, rows[(number - 1) * size : number * size], len(rows) > number * size)


def read_leaf(request: HttpRequest, rows: Sequence[Row], size: int) -> Leaf[Row]:
    """The page asked for of rows read for it, one more than fit telling that there is another."""
    return _leaf(request, number_of(request), rows[:size], len(rows) > size)


def _leaf(request: HttpRequest, number: int, rows: Sequence[Row], more: bool) -> Leaf[Row]:
    return Leaf(
        rows=rows,
        earlier=query_with(request, page=str(number - 1)) if number > 1 else "",
        more=query_with(request, page=str(number + 1)) if more else "",
    )
