"""Faults with their scenes, spans of services' states, use by the hour."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub import clock, words
from hub.ids import uuid7
from hub.security.fields import EncryptedJSONField
from hub.tenancy.grants import Grant


class Fault(models.Model):
    """Something broke: when, where, for whom; `scene` holds the shape of the input, the error, frames and context."""

    staff_grant = Grant.ADD
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(default=clock.now)
    process = models.CharField(max_length=20)
    place = models.CharField(max_length=200)
    request_id = models.CharField(max_length=64, blank=True, default="")
    hospital = models.CharField(max_length=32, blank=True, default="")
    actor_id = models.CharField(max_length=36, blank=True, default="")
    actor_name = models.CharField(max_length=64, blank=True, default="")
    error = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=16)
    scene = EncryptedJSONField(purpose="running.scene")
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=64, blank=True, default="")
    cause = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "running_fault"
        indexes = [
            models.Index(fields=["-at"], name="running_fault_newest"),
            models.Index(fields=["-at"], condition=Q(closed_at__isnull=True), name="running_fault_open"),
        ]


class ServiceState(words.TextChoices):
    """What was seen of a service."""

    UP = "up", "正常"
    DOWN = "down", "已停止"


class ServiceSpan(models.Model):
    """A service was in one state from `since` until `until` (null: it is so now)."""

    staff_grant = Grant.NONE
    id = models.BigAutoField(primary_key=True)
    service = models.CharField(max_length=40)
    state = models.CharField(max_length=4, choices=ServiceState.choices)
    note = models.CharField(max_length=200, blank=True, default="")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "running_service_span"
        constraints = [
            models.UniqueConstraint(fields=["service"], condition=Q(until__isnull=True), name="running_span_one_open")
        ]
        indexes = [models.Index(fields=["-since"], name="running_span_newest")]


class UsageHour(models.Model):
    """How often one person used one function in one hour; residents are counted together, by nobody's name."""

    staff_grant = Grant.NONE
    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField()
    hospital = models.CharField(max_length=32, blank=True, default="")
    actor = models.CharField(max_length=36)
    actor_name = models.CharField(max_length=64)
    route = models.CharField(max_length=200)
    times = models.PositiveIntegerField()
    failures = models.PositiveIntegerField()
    total_ms = models.PositiveBigIntegerField()

    class Meta:
        db_table = "running_usage_hour"
        constraints = [
            models.UniqueConstraint(fields=["hour", "hospital", "actor", "route"], name="running_usage_once")
        ]
        indexes = [models.Index(fields=["actor_name", "-hour"], name="running_usage_actor")]
