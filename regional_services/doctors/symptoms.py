"""The seeded words; what people have edited since stays as they left it."""

from __future__ import annotations

import csv
from pathlib import Path

from hub.actor import Actor
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.doctors.models import Symptom

_FILE = Path(__file__).parent / "data" / "symptoms.csv"


def seed(*, actor: Actor) -> int:
    """Store the words of `data/symptoms.csv`; how many rows there are. Idempotent."""
    with _FILE.open(encoding="utf-8") as file:
        rows = [_symptom(line) for line in csv.DictReader(file)]
    with work(REGION, actor=actor) as unit:
        edited = set(Symptom.objects.filter(is_edited=True).values_list("word", flat=True))
        Symptom.objects.bulk_create(
            [row for row in rows if row.word not in edited],
            update_conflicts=True,
            unique_fields=["word"],
            update_fields=["kind", "aliases", "departments", "reason", "is_urgent"],
        )
        unit.audit("doctors.symptoms_seeded", target="symptoms", detail={"rows": len(rows), "kept": len(edited)})
    return len(rows)


def _symptom(line: dict[str, str]) -> Symptom:
    return Symptom(
        word=line["word"],
        kind=line["kind"],
        aliases=line["aliases"].split(),
        departments=line["departments"].split(),
        reason=line["reason"],
        is_urgent=line["urgent"] == "1",
    )
