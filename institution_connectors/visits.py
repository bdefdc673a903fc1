"""Steps of a visit as hospitals name them, told alike in all dialects: the words, and what each must bring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from institution_connectors.contracts import (
    MedicineDispatched,
    MedicineReady,
    VisitEvent,
    VisitEventKind,
    VisitFact,
)

MEDICINE_READY: Final = "medicine_ready"
DISPATCHED: Final = "dispatched"
STEPS: Final = (*(kind.value for kind in VisitEventKind), MEDICINE_READY, DISPATCHED)

Field = Callable[[str], str]


def visit_fact(step: str, occurred_at: datetime, *, required: Field, optional: Field) -> VisitFact:
    """The fact of a step (one of `STEPS`).

    `required` and `optional` read the dialect's field of that name here; `required` raises the dialect's own error.
    The names are those of the facts: his_number, registration_number, his_patient_id, ticket, place, window, carrier,
    tracking_number, dispensing_number.
    """
    whose = {
        "occurred_at": occurred_at,
        "his_number": required("his_number"),
        "registration_number": optional("registration_number"),
        "his_patient_id": optional("his_patient_id"),
    }
    if step == MEDICINE_READY:
        return MedicineReady(
            **whose,  # type: ignore[arg-type]
            window=required("window"),
            place=optional("place"),
            dispensing_number=optional("dispensing_number"),
        )
    if step == DISPATCHED:
        return MedicineDispatched(
            **whose,  # type: ignore[arg-type]
            carrier=required("carrier"),
            tracking_number=required("tracking_number"),
            dispensing_number=optional("dispensing_number"),
        )
    kind = VisitEventKind(step)
    return VisitEvent(**whose, kind=kind, ticket=optional("ticket"), place=optional("place"))  # type: ignore[arg-type]
