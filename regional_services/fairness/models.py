"""The rules against scalping as the district set them, and the patterns they found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub import words
from hub.ids import uuid7
from regional_services.fairness.kinds import Kind


class State(words.TextChoices):
    """What staff made of a pattern."""

    OPEN = "open", "待查看"
    HELD = "held", "待核验，暂停线上预约"
    FREE = "free", "核实无异常"


class RuleRow(models.Model):
    """The figures of one kind; the one without an end is in force."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=8, choices=Kind)
    seconds = models.PositiveIntegerField()
    note = models.PositiveIntegerField()
    refuse = models.PositiveIntegerField()
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "fairness_rule"
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=Q(ended_at__isnull=True), name="uq_fairness_rule_open")
        ]


class Pattern(models.Model):
    """One subject that did one kind of thing too often; ids only. `members`: the first accounts or patients of it."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=8, choices=Kind)
    subject = models.CharField(max_length=80)
    count = models.PositiveIntegerField()
    members = models.JSONField(default=list)
    place = models.CharField("last at this hospital", max_length=40)
    refused = models.BooleanField(default=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=300, blank=True, default="")
    decided_by = models.CharField(max_length=60, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    free_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "fairness_pattern"
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="uq_fairness_pattern")]
        indexes = [
            models.Index(fields=["-last_at"], name="ix_fairness_last"),
            models.Index(fields=["subject"], name="ix_fairness_subject"),
            models.Index(fields=["state"], condition=Q(state__in=("open", "held")), name="ix_fairness_open"),
        ]
