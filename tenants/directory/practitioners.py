"""Who a doctor is in the district: one person with posts in several hospitals (practice 19)."""

from __future__ import annotations

import uuid
from uuid import UUID

# A doctor is one person in the whole district: his national code says so; without one, his code at this hospital.
_PRACTITIONERS = uuid.UUID("6f0c1c0e-3f2b-5f5e-9a3c-0d6a4a1f7b11")


def practitioner_of(national_code: str) -> UUID:
    """The person with this national insurance code of doctors, wherever he works."""
    return uuid.uuid5(_PRACTITIONERS, f"insurance:{national_code}")


def practitioner_at(hospital: str, generation: int, his_code: str) -> UUID:
    """The person a hospital knows by its own code alone."""
    return uuid.uuid5(_PRACTITIONERS, f"{hospital}:{generation}:{his_code}")
