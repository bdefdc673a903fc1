"""What follows from the journals' own facts."""

from __future__ import annotations

from hub.audit.checks import AuditCheckDue
from hub.celery import app
from hub.outbox.events import Delivery, RunsIn, handles
from hub.tenancy.scope import REGION


@handles(AuditCheckDue, runs_in=RunsIn.OUTSIDE, awaited=False)
def send_to_worker(event: AuditCheckDue, delivery: Delivery) -> None:  # noqa: ARG001 - the relay's signature
    """Hand the verification to a worker: it may take longer than a delivery."""
    if event.scope == REGION:
        app.send_task("audit.check", args=[str(event.check_id)])
    else:
        app.send_task("audit.check_hospital", args=[str(event.check_id)], kwargs={"hospital": event.scope})
