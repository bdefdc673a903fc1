"""Closures of the district and how far each hospital's day is."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class ClosureState(words.TextChoices):
    """Whether the clock carries it on."""

    RUNNING = "running", "进行中"
    PAUSED = "paused", "已暂停"
    DONE = "done", "已完成"


class TargetState(words.TextChoices):
    """How far one hospital's day is."""

    DUE = "due", "等待处理"
    RUNNING = "running", "处理中"
    DONE = "done", "已完成"


class Closure(models.Model):
    """One act: these hospitals on these days, for this reason. `per_minute` bounds how fast bookings are ended."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reason = models.CharField(max_length=60)
    state = models.CharField(max_length=8, choices=ClosureState.choices, default=ClosureState.RUNNING)
    per_minute = models.PositiveIntegerField()
    rebook_days = models.PositiveSmallIntegerField()
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()

    staff_grant = Grant.NONE

    class Meta:
        db_table = "closure"
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state=ClosureState.RUNNING), name="ix_closure_due")
        ]


class ClosureTarget(InstitutionRow):
    """One hospital's day of a closure: counts are what was stopped so far."""

    id = models.BigAutoField(primary_key=True)
    closure = models.ForeignKey(Closure, on_delete=models.CASCADE, related_name="targets")
    day = models.DateField()
    state = models.CharField(max_length=8, choices=TargetState.choices, default=TargetState.DUE)
    expected = models.PositiveIntegerField()
    sessions = models.PositiveIntegerField(default=0)
    bookings = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=120, blank=True, default="")

    staff_grant = Grant.NONE

    class Meta:
        db_table = "closure_target"
        constraints = [models.UniqueConstraint(fields=["closure", "institution_code", "day"], name="uq_closure_target")]
