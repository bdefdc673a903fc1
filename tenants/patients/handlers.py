"""Following merges of archives at the HIS (F14), and looks at records that the security administrator is told of."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from hub.tenancy.scope import hospital
from hub.vigilance import services as vigilance
from hub.work import Unit
from institution_connectors.contracts import PatientsMerged
from institution_connectors.exchange import selectors as exchange
from institution_connectors.exchange.events import PatientsMergeReported
from tenants.patients.events import ArchiveOpened
from tenants.patients.selectors import patients_of
from tenants.patients.steps import merge_his_patients


@handles(PatientsMergeReported, runs_in=RunsIn.HOSPITAL)
def follow_merge(event: PatientsMergeReported, unit: Unit) -> None:
    """The merged number becomes an alias of the kept one."""
    fact = exchange.fact(event.inbound_id, event.index)
    assert isinstance(fact, PatientsMerged)
    known = merge_his_patients(unit, kept_id=fact.kept_id, merged_id=fact.merged_id, source="his")
    unit.audit("patients.merged", target=f"hospital:{unit.scope}", detail={"known": known})


@handles(ArchiveOpened, runs_in=RunsIn.BETWEEN)
def watch_look(event: ArchiveOpened, delivery: Delivery) -> None:
    """Own, colleague's or protected record? A repeat finds the day's flag there."""
    with hospital(delivery.source, read_only=True):
        patient = patients_of([event.archive_id]).get(event.archive_id)
    if patient is not None:
        vigilance.look_at(
            hospital=delivery.source,
            actor_id=event.actor_id,
            actor_name=event.actor_name,
            target=f"archive:{event.archive_id}",
            person_id=patient.person_id,
            name=patient.name,
        )
