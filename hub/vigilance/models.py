"""Flags, protected persons, emergencies: each of one institution (or of the district)."""

from __future__ import annotations

from django.db import models

from hub import clock, words
from hub.ids import uuid7
from hub.tenancy.rows import InstitutionRow


class FlagKind(words.TextChoices):
    """Why somebody should look."""

    OWN_RECORD = "own_record", "疑似查看本人记录"
    COLLEAGUE = "colleague", "疑似查看同事记录"
    PROTECTED = "protected", "查看重点保护患者"
    MASS_READ = "mass_read", "短时间大量查看患者"
    REFUSALS = "refusals", "短时间多次越权被拒"
    PROBING = "probing", "短时间多次试探不属于本机构的内容"
    BREAK_GLASS = "break_glass", "紧急查看"
    TAMPERED = "tampered", "角色或数据范围被绕过平台改写"


class Flag(InstitutionRow):
    """One thing to look at; `key` holds what makes it the same as another: kind, person, thing and day."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=16, choices=FlagKind.choices)
    actor_id = models.UUIDField()
    actor_name = models.CharField(max_length=64)
    target = models.CharField(max_length=100)
    detail = models.CharField(max_length=300, blank=True, default="")
    raised_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=64, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "vigilance_flag"
        indexes = [models.Index(fields=["institution_code", "-raised_at"], name="vigilance_flag_newest")]


class ProtectedPerson(InstitutionRow):
    """A person whose record is opened under the administrator's eyes (practice 22)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    reason = models.CharField(max_length=200)
    since = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "vigilance_protected"
        constraints = [
            models.UniqueConstraint(fields=["institution_code", "person_id"], name="vigilance_protected_once")
        ]


class Emergency(InstitutionRow):
    """Somebody took permissions he does not hold, for a reason and half an hour."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField()
    actor_name = models.CharField(max_length=64)
    reason = models.CharField(max_length=300)
    started_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField()

    class Meta:
        db_table = "vigilance_emergency"
        indexes = [models.Index(fields=["institution_code", "-started_at"], name="vigilance_emergency_newest")]
