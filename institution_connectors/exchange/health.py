"""How a hospital's connector is doing, now and over a night. Called inside the hospital's scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, Exists, OuterRef, Q

from hub import clock
from institution_connectors.contracts import Outcome
from institution_connectors.exchange.models import Attempt, Exchange, Probe, Refused, State
from institution_connectors.exchange.selectors import ExchangeRow, exchange_row

_REPORT_ROWS = 100


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A message of the hospital that was not taken."""

    id: int
    received_at: datetime
    reason: str
    size: int


@dataclass(frozen=True, slots=True)
class Night:
    """The report of a night: what failed, what healed by itself, what waits for a person."""

    since: datetime
    asked: int
    failed: list[ExchangeRow]
    healed: list[ExchangeRow]
    waiting: list[ExchangeRow]
    not_rerun: int
    refused: list[RefusedRow]


@dataclass(frozen=True, slots=True)
class Health:
    """How the connector of the open hospital is doing, over the last quarter of an hour."""

    calls: int
    failed: int
    average_ms: int | None
    unknown: int
    waiting: int
    probed_at: datetime | None
    reachable: bool | None
    latency_ms: int | None
    skew_ms: int | None


def night(since: datetime, *, until: datetime | None = None) -> Night:
    """What happened since an instant (until another), as the morning report tells it. Five queries."""
    asked = Exchange.objects.defer("request", "answer", "his_text").filter(asked_at__gte=since).order_by("-asked_at")
    if until is not None:
        asked = asked.filter(asked_at__lt=until)
    # An archive made before a registration is an attempt too: only one that went wrong makes the end a healing.
    stumbles = Attempt.objects.filter(exchange_id=OuterRef("id")).exclude(outcome=Outcome.ACCEPTED)
    healed = asked.filter(state=State.ACCEPTED).filter(Q(Exists(stumbles)) | Q(rerun_of__isnull=False))
    rejected = asked.filter(state=State.REJECTED)
    rerun = Exchange.objects.filter(rerun_of__isnull=False).values("rerun_of")
    open_now = Exchange.objects.defer("request", "answer", "his_text").filter(state__in=(State.OPEN, State.UNKNOWN))
    return Night(
        since=since,
        asked=asked.count(),
        failed=[exchange_row(row) for row in rejected[:_REPORT_ROWS]],
        healed=[exchange_row(row) for row in healed[:_REPORT_ROWS]],
        waiting=[exchange_row(row) for row in open_now.order_by("asked_at")[:_REPORT_ROWS]],
        not_rerun=rejected.exclude(id__in=rerun).count(),
        refused=[
            RefusedRow(row.id, row.received_at, row.reason, row.size)
            for row in Refused.objects.defer("body").filter(received_at__gte=since).order_by("-id")[:_REPORT_ROWS]
        ],
    )


def health() -> Health:
    """How the connector is doing. Three queries."""
    since = clock.now() - timedelta(minutes=15)
    calls = Attempt.objects.filter(started_at__gte=since, ended_at__isnull=False).aggregate(
        calls=Count("id"),
        failed=Count("id", filter=Q(outcome=Outcome.UNKNOWN) | Q(sent=False)),
        mean=Avg("duration_ms"),
    )
    open_asks = Exchange.objects.filter(state__in=[State.OPEN, State.UNKNOWN]).aggregate(
        waiting=Count("id"), unknown=Count("id", filter=Q(state=State.UNKNOWN))
    )
    probe = Probe.objects.order_by("-at").first()
    return Health(
        calls=calls["calls"],
        failed=calls["failed"],
        average_ms=round(calls["mean"]) if calls["mean"] is not None else None,
        unknown=open_asks["unknown"],
        waiting=open_asks["waiting"],
        probed_at=probe.at if probe else None,
        reachable=probe.reason == "" if probe else None,
        latency_ms=probe.latency_ms if probe else None,
        skew_ms=probe.skew_ms if probe else None,
    )
