"""Which objects a hospital has: each app that stores some says where the rows are that open them.

Only the row knows an object's data key; listing the bucket finds bytes nobody could open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hub.storage.objects import StoredObject

OwnLister = Callable[[], Iterable[StoredObject]]
SharedLister = Callable[[str], Iterable[StoredObject]]
_own: dict[str, OwnLister] = {}
_shared: dict[str, SharedLister] = {}


def holds_objects(kind: str) -> Callable[[OwnLister], OwnLister]:
    """Register a function that lists a hospital's objects of one kind; it runs inside that hospital's scope."""

    def register(lister: OwnLister) -> OwnLister:
        _own[kind] = lister
        return lister

    return register


def holds_shared_objects(kind: str) -> Callable[[SharedLister], SharedLister]:
    """Register a function that lists the objects behind one hospital's rows of public; it runs in a region scope."""

    def register(lister: SharedLister) -> SharedLister:
        _shared[kind] = lister
        return lister

    return register


def held() -> Iterator[StoredObject]:
    """Every object of the hospital whose scope is open."""
    for lister in _own.values():
        yield from lister()


def held_in_public(code: str) -> Iterator[StoredObject]:
    """Every object behind the rows of public that are this hospital's, in an open region scope."""
    for lister in _shared.values():
        yield from lister(code)
