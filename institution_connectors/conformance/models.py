"""Runs of the checklist and their steps (hospital schema)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.tenancy.grants import Grant


class StepState(words.TextChoices):
    """Where a step stands. SKIPPED: the dialect or this hospital has no such operation, or it may not be tried now."""

    WAITING = "waiting", "等待"
    RUNNING = "running", "进行中"
    PASSED = "passed", "通过"
    FAILED = "failed", "未通过"
    SKIPPED = "skipped", "不适用"


class ConformanceRun(models.Model):
    """One run of the whole checklist, or of what was chosen of it."""

    grant: ClassVar[Grant] = Grant.RW

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    dialect = models.CharField(max_length=16)
    connector_version = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)
    certificate = models.CharField(max_length=28, blank=True, default="")

    class Meta:
        db_table = "conformance_run"
        indexes = [models.Index(fields=["-started_at"], name="ix_conformance_run_newest")]


class ConformanceStep(models.Model):
    """One check. `messages` are {direction, at, text}: what crossed the wire, masked before it was stored."""

    grant: ClassVar[Grant] = Grant.RW

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ConformanceRun, on_delete=models.CASCADE, related_name="steps")
    ordinal = models.PositiveSmallIntegerField()
    check_code = models.CharField(max_length=30)
    state = models.CharField(max_length=8, choices=StepState.choices, default=StepState.WAITING)
    note = models.CharField(max_length=300, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    messages = models.JSONField(default=list)

    class Meta:
        db_table = "conformance_step"
        constraints = [models.UniqueConstraint(fields=["run", "check_code"], name="uq_conformance_step")]
