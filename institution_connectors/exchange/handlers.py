"""Asks are carried out here, outside any transaction."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from institution_connectors.exchange import polling
from institution_connectors.exchange.events import ExchangeAsked, ProbeAsked
from institution_connectors.runtime.pipeline import carry_out


@handles(ExchangeAsked, runs_in=RunsIn.OUTSIDE)
def ask_hospital(event: ExchangeAsked, delivery: Delivery) -> None:
    """Ask, and ask after it, until something definite is stored."""
    carry_out(event.hospital, event.exchange_id, until=delivery.deadline, end_in=delivery.end_in)


@handles(ProbeAsked, runs_in=RunsIn.OUTSIDE)
def probe_hospital(event: ProbeAsked, _delivery: Delivery) -> None:
    """Look at the hospital once, because somebody asked."""
    polling.probe(event.hospital)
