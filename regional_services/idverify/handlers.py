"""What follows from a photograph."""

from __future__ import annotations

from hub.celery import app
from hub.outbox.events import Delivery, RunsIn, handles
from regional_services.idverify.events import PhotoTaken


@handles(PhotoTaken, runs_in=RunsIn.OUTSIDE)
def send_to_worker(event: PhotoTaken, delivery: Delivery) -> None:  # noqa: ARG001 - the relay's signature
    """Have a worker read it: by name, so that only workers load the models."""
    app.send_task("idverify.read", args=[str(event.photo_id)])
