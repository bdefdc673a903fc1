"""Outbox, inbox, commands and audit of one hospital."""

from __future__ import annotations

from hub.audit.models import AbstractAuditPending, AbstractAuditRow, AbstractAuditSeal, audit_indexes
from hub.idempotency.models import AbstractCommandRow, command_constraints, command_indexes
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


class OutboxRow(AbstractOutboxRow):
    """See the abstract row."""

    class Meta(AbstractOutboxRow.Meta):
        abstract = False
        db_table = "hospital_outbox"
        indexes = outbox_indexes("hospital")
        constraints = outbox_constraints("hospital")


class OutboxAttempt(AbstractOutboxAttempt):
    """See the abstract row."""

    class Meta(AbstractOutboxAttempt.Meta):
        abstract = False
        db_table = "hospital_outbox_attempt"
        indexes = attempt_indexes("hospital")


class InboxRow(AbstractInboxRow):
    """See the abstract row."""

    class Meta(AbstractInboxRow.Meta):
        abstract = False
        db_table = "hospital_inbox"
        indexes = inbox_indexes("hospital")
        constraints = inbox_constraints("hospital")


class CommandRow(AbstractCommandRow):
    """See the abstract row."""

    class Meta(AbstractCommandRow.Meta):
        abstract = False
        db_table = "hospital_command"
        indexes = command_indexes("hospital")
        constraints = command_constraints("hospital")


class AuditRow(AbstractAuditRow):
    """See the abstract row."""

    class Meta(AbstractAuditRow.Meta):
        abstract = False
        db_table = "hospital_audit"
        indexes = audit_indexes("hospital")


class AuditPending(AbstractAuditPending):
    """See the abstract row."""

    class Meta(AbstractAuditPending.Meta):
        abstract = False
        db_table = "hospital_audit_pending"


class AuditSeal(AbstractAuditSeal):
    """See the abstract row."""

    class Meta(AbstractAuditSeal.Meta):
        abstract = False
        db_table = "hospital_audit_seal"
