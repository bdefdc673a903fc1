"""What follows from a rotation."""

from __future__ import annotations

from hub.celery import app
from hub.keys.services import ReencryptionDue
from hub.outbox.events import Delivery, RunsIn, handles


@handles(ReencryptionDue, runs_in=RunsIn.OUTSIDE, awaited=False)
def send_to_worker(event: ReencryptionDue, delivery: Delivery) -> None:  # noqa: ARG001 - the relay's signature
    """Hand the re-encryption to a worker: it takes as long as it takes."""
    app.send_task("keys.reencrypt", args=[str(event.job_id)])
