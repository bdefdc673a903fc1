"""Outbox, inbox, commands and audit of the public schema.

Rows of commands and audit carry the hospital whose staff acted and are under row-level security; see the migration.
"""

from __future__ import annotations

from django.db import models

from hub import words
from hub.audit.models import AbstractAuditPending, AbstractAuditRow, AbstractAuditSeal, audit_indexes
from hub.idempotency.models import AbstractCommandRow, command_constraints, command_indexes
from hub.ids import uuid7
from hub.outbox.models import (
    AbstractInboxRow,
    AbstractOutboxAttempt,
    AbstractOutboxRow,
    attempt_indexes,
    inbox_constraints,
    inbox_indexes,
    outbox_constraints,
    outbox_indexes,
)
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class OutboxRow(AbstractOutboxRow):
    """See the abstract row. A hospital's staff add to it through their units of work and never read it."""

    staff_grant = Grant.ADD

    class Meta(AbstractOutboxRow.Meta):
        abstract = False
        db_table = "region_outbox"
        indexes = outbox_indexes("region")
        constraints = outbox_constraints("region")


class OutboxAttempt(AbstractOutboxAttempt):
    """See the abstract row."""

    class Meta(AbstractOutboxAttempt.Meta):
        abstract = False
        db_table = "region_outbox_attempt"
        indexes = attempt_indexes("region")


class InboxRow(AbstractInboxRow):
    """See the abstract row."""

    class Meta(AbstractInboxRow.Meta):
        abstract = False
        db_table = "region_inbox"
        indexes = inbox_indexes("region")
        constraints = inbox_constraints("region")


class CommandRow(AbstractCommandRow):
    """See the abstract row."""

    class Meta(AbstractCommandRow.Meta):
        abstract = False
        db_table = "region_command"
        indexes = command_indexes("region")
        constraints = command_constraints("region")


class AuditRow(AbstractAuditRow):
    """See the abstract row."""

    class Meta(AbstractAuditRow.Meta):
        abstract = False
        db_table = "region_audit"
        indexes = audit_indexes("region")


class AuditPending(AbstractAuditPending):
    """See the abstract row."""

    staff_grant = Grant.ADD

    class Meta(AbstractAuditPending.Meta):
        abstract = False
        db_table = "region_audit_pending"


class AuditSeal(AbstractAuditSeal):
    """See the abstract row."""

    class Meta(AbstractAuditSeal.Meta):
        abstract = False
        db_table = "region_audit_seal"


class CheckState(words.TextChoices):
    """Where a verification of an audit stands."""

    WAITING = "waiting", "等待校验"
    RUNNING = "running", "正在校验"
    SOUND = "sound", "完好"
    FLAWED = "flawed", "发现问题"


class AuditCheck(InstitutionRow):
    """One verification of one journal's audit, asked for by somebody and done by a worker.

    A hospital's own auditors see and ask for those of their hospital; the district's carry "district".
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=32)
    state = models.CharField(max_length=8, choices=CheckState.choices, default=CheckState.WAITING)
    asked_by = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    expected = models.BigIntegerField(default=0)
    entries = models.BigIntegerField(default=0)
    seals = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    findings = models.JSONField(default=list)

    class Meta:
        db_table = "region_audit_check"
        indexes = [models.Index(fields=["-asked_at"], name="region_audit_check_newest")]
