"""Small steps the tenancy tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction

from hub import clock
from hub.ids import uuid7
from hub.tenancy.scope import hospital, region
from regional_services.catalog.models import CatalogMark
from tenants.directory.models import Department


def add_department(code: str, name: str) -> None:
    """A department in one hospital, committed."""
    with hospital(code):
        Department.objects.create(code=name, name=name, synced_at=clock.now())


def departments() -> list[str]:
    """The departments the open scope can see."""
    return sorted(Department.objects.values_list("code", flat=True))


def add_marks(*codes: str) -> None:
    """One public row for each hospital named, written by the region."""
    with region():
        for code in codes:
            CatalogMark.objects.create(session_id=uuid7(), institution_code=code)


@contextmanager
def undone() -> Iterator[None]:
    """What the owner changes inside is seen by the owner only and rolled back: the next test needs no new copy."""
    with transaction.atomic(using="owner"):
        yield
        transaction.set_rollback(True, using="owner")


def as_owner(statement: str) -> list[tuple[Any, ...]]:
    """Run a statement as the owner of the schemas."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
