"""What of the synthetic resident's appointments at a hospital may go once they have ended."""

from __future__ import annotations

from datetime import datetime

from hub.recovery.cleanups import Doomed
from hub.synthetic import person_at
from tenants.appointments.models import ACTIVE, State

NAME = "synthetic_appointments"
_ENDED = ", ".join(f"'{state.value}'" for state in sorted(set(State) - set(ACTIVE)))


def synthetic_appointments(code: str, before: datetime) -> Doomed:
    """Those that hold no number any more and were last touched before an instant."""
    whose = f"person_id = '{person_at(code)}'"
    return Doomed(
        name=NAME,
        table="appointment",
        condition=f"{whose} AND state IN ({_ENDED}) AND updated_at < {{before}}",
        before=before,
    )
