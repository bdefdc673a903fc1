"""Outbox and inbox tables: once for all here, a concrete pair in every world (`hub/journal`).

`lane` says which of the relay's pools runs a row (ADR 1144), `hospital` whose turn it uses up: fairness and in-flight
limits go by it, also in the public outbox, which holds rows for all hospitals.
"""

from __future__ import annotations

from django.db import models
from django.db.models import BaseConstraint, Index, Q, UniqueConstraint

from hub import words
from hub.tenancy.grants import Grant


class Lane(words.TextChoices):
    """The relay's pools: inside the database, calls to the outside, and such calls that nobody waits for."""

    INTERNAL = "internal", "库内"
    OUTSIDE = "outside", "外部"
    BULK = "bulk", "外部（后台）"

    @property
    def calls_outside(self) -> bool:
        """Whether its handlers may wait on somebody else's system."""
        return self is not Lane.INTERNAL

    @property
    def wakes(self) -> tuple[Lane, ...]:
        """The pools that may go on when a row of this one ends: a call gives its place at a hospital back. What nobody
        waits for is left to the sweep where a call somebody waited for had the last place."""
        return (Lane.OUTSIDE, Lane.BULK) if self is Lane.BULK else (self,)


class State(words.TextChoices):
    """Of a delivery: `dead` waits for an operator and blocks its aggregate, `dropped` is given up by one."""

    PENDING = "pending", "待投递"
    DONE = "done", "已投递"
    DEAD = "dead", "已停止"
    DROPPED = "dropped", "已放弃"


class AbstractOutboxRow(models.Model):
    """One event for one handler, with its attempts, lease and outcome."""

    grant = Grant.RW

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField()
    name = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField()
    handler = models.CharField(max_length=120)
    aggregate = models.CharField(max_length=120)
    hospital = models.CharField(max_length=32)
    incarnation = models.IntegerField()
    lane = models.CharField(max_length=8, choices=Lane.choices)
    payload = models.JSONField()
    request_id = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    available_at = models.DateTimeField()
    lease_by = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")

    class Meta:
        abstract = True


class AbstractOutboxAttempt(models.Model):
    """One failed attempt; a success is the outbox row itself (`attempts`, `finished_at`)."""

    grant = Grant.RW

    id = models.BigAutoField(primary_key=True)
    outbox_id = models.BigIntegerField()
    attempt = models.PositiveIntegerField()
    finished_at = models.DateTimeField()
    worker = models.UUIDField()
    permanent = models.BooleanField()
    error = models.TextField()

    class Meta:
        abstract = True


class AbstractInboxRow(models.Model):
    """An event already handled here; a restored source numbers anew under its next incarnation."""

    grant = Grant.RW

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=32)
    incarnation = models.IntegerField()
    event_id = models.UUIDField()
    handler = models.CharField(max_length=120)
    received_at = models.DateTimeField()

    class Meta:
        abstract = True


def outbox_indexes(world: str) -> list[Index]:
    """Small partial indexes: finished rows, the great majority, are in none of them."""
    return [
        Index(fields=["lane", "hospital", "id"], name=f"{world}_outbox_due", condition=Q(state="pending")),
        Index(
            fields=["handler", "aggregate", "id"],
            name=f"{world}_outbox_order",
            condition=Q(state__in=["pending", "dead"]),
        ),
        Index(fields=["id"], name=f"{world}_outbox_dead", condition=Q(state="dead")),
        Index(fields=["finished_at"], name=f"{world}_outbox_finished", condition=Q(state="done")),
    ]


def outbox_constraints(world: str) -> list[BaseConstraint]:
    """An event is stored once per handler."""
    return [UniqueConstraint(fields=["event_id", "handler"], name=f"{world}_outbox_event_once")]


def attempt_indexes(world: str) -> list[Index]:
    """The attempts of a row, for the page that shows them."""
    return [Index(fields=["outbox_id", "attempt"], name=f"{world}_attempt_row")]


def inbox_indexes(world: str) -> list[Index]:
    """For the retention job."""
    return [Index(fields=["received_at"], name=f"{world}_inbox_received")]


def inbox_constraints(world: str) -> list[BaseConstraint]:
    """The guard against doing an event twice."""
    return [
        UniqueConstraint(fields=["event_id", "handler", "source", "incarnation"], name=f"{world}_inbox_event_once"),
    ]
