"""Audit tables: once for all here, concrete in every world (`hub/journal`).

Entries and seals can be added and read, never changed or deleted: PostgreSQL refuses it to every role of the
application (`Grant.APPEND`). Pending marks are removed by the sealer when it puts their entries under a seal.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Index

from hub.tenancy.grants import Grant


class AbstractAuditRow(models.Model):
    """Who did what to which thing, when, from where and with what outcome; ids and masked values only."""

    grant = Grant.APPEND

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=120)
    actor_role = models.CharField(max_length=64)
    institution_code = models.CharField(max_length=32)
    action = models.CharField(max_length=80)
    target = models.CharField(max_length=160)
    outcome = models.CharField(max_length=12)
    reason = models.CharField(max_length=200)
    ip = models.CharField(max_length=45)
    request_id = models.CharField(max_length=64)
    detail = models.JSONField()
    before_digest = models.CharField(max_length=64)
    after_digest = models.CharField(max_length=64)
    key_id = models.CharField(max_length=16)
    mac = models.BinaryField()

    class Meta:
        abstract = True


class AbstractAuditPending(models.Model):
    """An entry that no seal covers yet."""

    grant = Grant.RW

    audit_id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()

    class Meta:
        abstract = True


class AbstractAuditSeal(models.Model):
    """A batch of entries under one Merkle root, chained to the seal before it.

    `members` are the entries' ids as inclusive ranges `[[first, last], ...]`.
    """

    grant = Grant.APPEND

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    members = models.JSONField()
    count = models.IntegerField()
    root = models.BinaryField()
    previous = models.BinaryField()
    key_id = models.CharField(max_length=16)
    hash = models.BinaryField()

    class Meta:
        abstract = True


def audit_indexes(world: str) -> list[Index]:
    """For an auditor's questions: by time (block ranges: entries come in order), by actor, by thing."""
    return [
        BrinIndex(fields=["at"], name=f"{world}_audit_at"),
        Index(fields=["actor_id", "at"], name=f"{world}_audit_actor"),
        Index(fields=["target", "at"], name=f"{world}_audit_target"),
    ]
