"""What follows from the registry's facts."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from tenants.registry.events import OnboardingDue
from tenants.registry.tasks import carry_on


@handles(OnboardingDue, runs_in=RunsIn.OUTSIDE)
def send_to_worker(event: OnboardingDue, delivery: Delivery) -> None:  # noqa: ARG001 - the relay's signature
    """Hand the joining to a worker; sent twice it is taken twice, which its steps bear."""
    carry_on.delay(event.code)
