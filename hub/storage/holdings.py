"""Which objects a hospital has: each app that stores some says where the rows are that open them.

Only the row knows an object's data key; listing the bucket finds bytes nobody could open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hub.storage.objects import StoredObject

_listers: dict[str, Callable[[], Iterable[StoredObject]]] = {}


def holds_objects(
    kind: str,
) -> Callable[[Callable[[], Iterable[StoredObject]]], Callable[[], Iterable[StoredObject]]]:
    """Register a function that lists a hospital's objects of one kind; it runs inside that hospital's scope."""

    def register(lister: Callable[[], Iterable[StoredObject]]) -> Callable[[], Iterable[StoredObject]]:
        _listers[kind] = lister
        return lister

    return register


def held() -> Iterator[StoredObject]:
    """Every object of the hospital whose scope is open."""
    for lister in _listers.values():
        yield from lister()
