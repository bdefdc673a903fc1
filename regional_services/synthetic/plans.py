"""How far the synthetic resident may go at a hospital: what the hospital reserves for it, or what harms nobody."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hub import synthetic
from institution_connectors.catalog import selectors as connectors
from institution_connectors.contracts import Operation
from regional_services.synthetic.models import Depth
from tenants.registry import functions
from tenants.registry import selectors as registry

# From a session with so many free numbers one may be locked for seconds without anybody missing it.
SPARE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do at one hospital; `department` is the code of the reserved one."""

    hospital: str
    depth: Depth
    person_id: UUID
    department: str = ""


def plan_for(code: str) -> Plan:
    """The plan of a hospital as its connector stands now; no query when warm."""
    profile, rules = connectors.profile_of(code), registry.institution(code)
    person_id = synthetic.person_at(code)
    if profile is not None and profile.options.reserved_department:
        department = profile.options.reserved_department
        return Plan(hospital=code, depth=Depth.FULL, person_id=person_id, department=department)
    locks = all(connectors.can(code, op) for op in (Operation.LOCK_NUMBER, Operation.UNLOCK_NUMBER))
    # What is locked and unpaid is never registered: only there may an ordinary number be borrowed.
    depth = Depth.LOCK if rules.his_owns_numbers and rules.pays_to_confirm and locks else Depth.SEARCH
    return Plan(hospital=code, depth=depth, person_id=person_id)


def visited() -> list[str]:
    """The hospitals it goes to: those residents can book at now."""
    return [view.code for view in registry.institutions_with(functions.BOOKING) if not view.closed]
