"""What the synthetic resident met: the last state of each hospital, its runs, and availability by day (public)."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class Depth(words.TextChoices):
    """How far it goes at a hospital."""

    FULL = "full", "预约、登记、退号"
    LOCK = "lock", "锁号、释放"
    SEARCH = "search", "只查询"


class StepName(words.TextChoices):
    """What it does, in order."""

    CLEAN = "clean", "清理上次"
    LOOK = "look", "查排班"
    NUMBERS = "numbers", "查号"
    HOLD = "hold", "占号"
    CONFIRM = "confirm", "医院登记"
    CANCEL = "cancel", "取消"
    RELEASE = "release", "号已放回"


class Service(words.TextChoices):
    """What people use; each is measured by some of the steps."""

    QUERY = "query", "查询"
    BOOKING = "booking", "预约"
    CANCELLING = "cancelling", "退号"


SERVICE_OF = {
    StepName.LOOK: Service.QUERY,
    StepName.NUMBERS: Service.QUERY,
    StepName.HOLD: Service.BOOKING,
    StepName.CONFIRM: Service.BOOKING,
    StepName.CLEAN: Service.CANCELLING,
    StepName.CANCEL: Service.CANCELLING,
    StepName.RELEASE: Service.CANCELLING,
}


class SyntheticState(InstitutionRow):
    """One hospital as the synthetic resident last found it; `since` is when it became so."""

    due_at = models.DateTimeField()
    depth = models.CharField(max_length=8, choices=Depth.choices, blank=True, default="")
    ran_at = models.DateTimeField(null=True)
    ok = models.BooleanField(null=True)
    since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failed_step = models.CharField(max_length=8, choices=StepName.choices, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    duration_ms = models.PositiveIntegerField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=60, blank=True, default="")
    paused_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "synthetic_state"
        constraints = [models.UniqueConstraint(fields=["institution_code"], name="uq_synthetic_state")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(paused_at__isnull=True), name="ix_synthetic_state_due")
        ]


class SyntheticRun(InstitutionRow):
    """One visit. `steps` is a list of {name, ms, problem}; a problem is a text for people, empty when all went well."""

    staff_grant = Grant.RO

    id = models.BigAutoField(primary_key=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    depth = models.CharField(max_length=8, choices=Depth.choices)
    ok = models.BooleanField()
    failed_step = models.CharField(max_length=8, choices=StepName.choices, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    steps = models.JSONField()

    class Meta:
        db_table = "synthetic_run"
        indexes = [
            models.Index(fields=["institution_code", "-started_at"], name="ix_synthetic_run_place"),
            models.Index(fields=["started_at"], name="ix_synthetic_run_time"),
        ]


class SyntheticDay(InstitutionRow):
    """Availability of one service at one hospital on one day; a failed run counts the time since the run before."""

    staff_grant = Grant.RO

    day = models.DateField()
    service = models.CharField(max_length=12, choices=Service.choices)
    runs = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    down_seconds = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "synthetic_day"
        constraints = [
            models.UniqueConstraint(fields=["day", "institution_code", "service"], name="uq_synthetic_day"),
        ]
        indexes = [models.Index(fields=["institution_code", "day"], name="ix_synthetic_day_place")]
