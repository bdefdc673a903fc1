"""What follows from the registry's facts."""

from __future__ import annotations

from hub.celery import app
from hub.outbox.events import Delivery, RunsIn, handles
from tenants.registry.events import OnboardingDue


@handles(OnboardingDue, runs_in=RunsIn.OUTSIDE)
def send_to_worker(event: OnboardingDue, delivery: Delivery) -> None:  # noqa: ARG001 - the relay's signature
    """Hand the joining to a worker; sent twice it is taken twice, which its steps bear."""
    app.send_task("registry.carry_on", args=[event.code])
