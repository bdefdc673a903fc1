"""Following merges of archives at the HIS (F14)."""

from __future__ import annotations

from hub.outbox.events import RunsIn, handles
from hub.work import Unit
from institution_connectors.contracts import PatientsMerged
from institution_connectors.exchange import selectors as exchange
from institution_connectors.exchange.events import PatientsMergeReported
from tenants.patients.steps import merge_his_patients


@handles(PatientsMergeReported, runs_in=RunsIn.HOSPITAL)
def follow_merge(event: PatientsMergeReported, unit: Unit) -> None:
    """The merged number becomes an alias of the kept one."""
    fact = exchange.fact(event.inbound_id, event.index)
    assert isinstance(fact, PatientsMerged)
    known = merge_his_patients(unit, kept_id=fact.kept_id, merged_id=fact.merged_id, source="his")
    unit.audit("patients.merged", target=f"hospital:{unit.scope}", detail={"known": known})
