"""What follows from the journals' own facts."""

from __future__ import annotations

from hub.audit.checks import AuditCheckDue
from hub.journal.region.tasks import check_audit
from hub.outbox.events import Delivery, RunsIn, handles


@handles(AuditCheckDue, runs_in=RunsIn.OUTSIDE)
def send_to_worker(event: AuditCheckDue, delivery: Delivery) -> None:  # noqa: ARG001 - the relay's signature
    """Hand the verification to a worker: it may take longer than a delivery."""
    check_audit.delay(str(event.check_id))
