"""What the relay tells Prometheus of backups: their age, failures, hospitals that are closed."""

from __future__ import annotations

from prometheus_client import Gauge

from hub import clock
from hub.recovery import selectors
from hub.tenancy import registry

_OF = ["kind", "scope"]
AGE = Gauge("hub_backup_age_seconds", "Age of the newest good backup", _OF, multiprocess_mode="mostrecent")
RED = Gauge("hub_backup_red", "1 while a backup failed last, or is too old", _OF, multiprocess_mode="mostrecent")
CLOSED = Gauge("hub_hospitals_closed", "Hospitals closed for a restore", [], multiprocess_mode="mostrecent")


def observe() -> None:
    """Measure now. Two queries."""
    for one in selectors.health():
        if one.last_good is not None:
            AGE.labels(one.kind.value, one.scope).set((clock.now() - one.last_good).total_seconds())
        RED.labels(one.kind.value, one.scope).set(one.is_red)
    CLOSED.set(sum(bool(info.repair) for info in registry.hospitals()))
