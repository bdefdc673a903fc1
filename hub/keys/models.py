"""The re-encryption after a rotation, as a job with its progress."""

from __future__ import annotations

from django.db import models

from hub import clock, words
from hub.ids import uuid7
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class JobState(words.TextChoices):
    """Where a re-encryption stands."""

    WAITING = "waiting", "等待开始"
    RUNNING = "running", "正在重新加密"
    DONE = "done", "已完成"


class Reencryption(models.Model):
    """Values under an owner's retired keys are sealed again; `touched_at` tells a live worker from a dead one."""

    staff_grant = Grant.NONE
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.CharField(max_length=32)
    key_id = models.CharField(max_length=32)
    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.WAITING)
    asked_by = models.CharField(max_length=64)
    asked_at = models.DateTimeField(default=clock.now)
    touched_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)

    class Meta:
        db_table = "keys_reencryption"
        indexes = [models.Index(fields=["-asked_at"], name="keys_reencryption_newest")]


class SecretAct(words.TextChoices):
    """What was done with a secret."""

    REPLACED = "replaced", "更换"
    RETIRED = "retired", "停用"


class SecretChange(InstitutionRow):
    """That a secret was replaced or retired, when and by whom; the secret itself stands in the key ring alone."""

    grant = Grant.APPEND
    id = models.BigAutoField(primary_key=True)
    reference = models.CharField(max_length=120)
    act = models.CharField(max_length=8, choices=SecretAct.choices)
    reason = models.CharField(max_length=200, blank=True, default="")
    by_name = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "keys_secret_change"
        indexes = [models.Index(fields=["institution_code", "reference", "-id"], name="keys_secret_change_newest")]
