"""What administrators decided about periods; the newest decision of a rule is in force."""

from __future__ import annotations

from django.db import models

from hub.tenancy.grants import Grant


class Decision(models.Model):
    """One decision, never changed afterwards: the period of a rule from then on, and whether it is under legal hold."""

    grant = Grant.APPEND
    staff_grant = Grant.RO
    id = models.BigAutoField(primary_key=True)
    rule = models.CharField(max_length=40)
    days = models.PositiveIntegerField()
    on_hold = models.BooleanField(default=False)
    reason = models.CharField(max_length=200)
    by_name = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "retention_decision"
        indexes = [models.Index(fields=["rule", "-id"], name="retention_newest")]
