"""The 26 institutions of `data/institutions.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

from hub.actor import Actor
from hub.tenancy.scope import REGION
from hub.work import work
from tenants.registry import selectors
from tenants.registry.models import Campus, Institution

FILE = Path(__file__).resolve().parents[1] / "data" / "institutions.csv"
_LISTS = ("aliases", "sets")
_NUMBERS = ("cancel_until_minutes", "release_days")
_PLACES = ("latitude", "longitude")


def rows() -> list[dict[str, str]]:
    """The file as it is."""
    with FILE.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def store(*, actor: Actor) -> int:
    """Write the institutions and their main campuses; what staff have switched or changed otherwise stays."""
    wanted = [_institution(order, row) for order, row in enumerate(rows())]
    with work(REGION, actor=actor) as unit:
        for institution in wanted:
            institution.updated_at = unit.now
        Institution.objects.bulk_create(
            wanted,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=[*_COLUMNS, "sort_order", "updated_at"],
        )
        Campus.objects.bulk_create([_campus(institution) for institution in wanted], ignore_conflicts=True)
        unit.audit("registry.institutions_stored", target="institutions", detail={"count": len(wanted)})
    selectors.forget()
    return len(wanted)


_COLUMNS = (
    "name",
    "short_name",
    "kind",
    "level",
    "ward",
    "address",
    "latitude",
    "longitude",
    "phone",
    "aliases",
    "sets",
    "booking_mode",
    "settle_mode",
    "dialect",
    "cancel_until_minutes",
    "release_days",
)


def _institution(order: int, row: dict[str, str]) -> Institution:
    values: dict[str, object] = dict(row)
    values |= {name: row[name].split(";") for name in _LISTS}
    values |= {name: int(row[name]) for name in _NUMBERS}
    values |= {name: float(row[name]) for name in _PLACES}
    return Institution(**values, sort_order=order)


def _campus(institution: Institution) -> Campus:
    return Campus(
        institution=institution,
        code="本部",
        name="本部",
        address=institution.address,
        latitude=institution.latitude,
        longitude=institution.longitude,
    )
