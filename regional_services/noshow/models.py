"""Visits nobody came to, the rules that count them, and the blocks that follow (U: figures to be set by the buyer)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub import words
from hub.ids import uuid7
from hub.security.fields import EncryptedTextField
from hub.tenancy.rows import InstitutionRow


class State(words.TextChoices):
    """What a no-show counts for."""

    COUNTED = "counted", "已记爽约"
    APPEALED = "appealed", "申诉中"
    EXCUSED = "excused", "申诉成立，不计"
    UPHELD = "upheld", "申诉未成立"


COUNTING = (State.COUNTED, State.APPEALED, State.UPHELD)


class Rule(InstitutionRow):
    """`count` no-shows within `window_days` block for `block_days`; of one hospital, or of the district for all."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    count = models.PositiveSmallIntegerField()
    window_days = models.PositiveSmallIntegerField()
    block_days = models.PositiveSmallIntegerField()
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "noshow_rule"
        constraints = [
            models.UniqueConstraint(
                fields=["institution_code"], condition=Q(ended_at__isnull=True), name="uq_noshow_rule_open"
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="ck_noshow_rule_count"),
        ]


class NoShow(InstitutionRow):
    """One visit nobody came to, by its booking; the appeal and its end are part of it."""

    booking_id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    person_id = models.UUIDField()
    number = models.CharField(max_length=28)
    department_name = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    found_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.COUNTED)
    appeal = EncryptedTextField(purpose="noshow.appeal", null=True)
    appealed_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=300, blank=True, default="")
    decided_by = models.CharField(max_length=60, blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "noshow"
        indexes = [
            models.Index(fields=["person_id", "-starts_at"], name="ix_noshow_person"),
            models.Index(fields=["account_id", "-starts_at"], name="ix_noshow_account"),
            models.Index(fields=["institution_code", "-starts_at"], name="ix_noshow_institution"),
            models.Index(fields=["number"], name="ix_noshow_number"),
            models.Index(fields=["appealed_at"], condition=Q(state="appealed"), name="ix_noshow_appeals"),
        ]


class Block(InstitutionRow):
    """A person can't book online until then: at one hospital, or (the district's) anywhere."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    person_id = models.UUIDField()
    count = models.PositiveSmallIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "noshow_block"
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "institution_code"], condition=Q(lifted_at__isnull=True), name="uq_noshow_block"
            )
        ]
