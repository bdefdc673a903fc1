"""The checklist at work: one step a delivery."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from institution_connectors.conformance import services
from institution_connectors.conformance.events import CertificateAsked, StepDue


@handles(StepDue, runs_in=RunsIn.OUTSIDE)
def check_hospital(event: StepDue, _delivery: Delivery) -> None:
    """Carry one step out."""
    services.carry_out(event.hospital, event.run_id, event.check_code, and_on=event.and_on)


@handles(CertificateAsked, runs_in=RunsIn.OUTSIDE)
def certify_hospital(event: CertificateAsked, _delivery: Delivery) -> None:
    """Make the certificate; it touches the hospital and the district one after the other."""
    services.certify(event.hospital, event.run_id, event.asked_by)
