"""The command table: once for all here, concrete in every world (`hub/journal`)."""

from __future__ import annotations

from django.db import models
from django.db.models import BaseConstraint, Index, UniqueConstraint

from hub.tenancy.grants import Grant


class AbstractCommandRow(models.Model):
    """A command somebody gave under an idempotency key, what it made (`reference`) and, once known, its answer."""

    grant = Grant.RW

    id = models.BigAutoField(primary_key=True)
    institution_code = models.CharField(max_length=32)
    name = models.CharField(max_length=80)
    actor = models.CharField(max_length=120)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    reference = models.CharField(max_length=120)
    response = models.JSONField(null=True)
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


def command_indexes(world: str) -> list[Index]:
    """For the retention job."""
    return [Index(fields=["created_at"], name=f"{world}_command_created")]


def command_constraints(world: str) -> list[BaseConstraint]:
    """One key means one command of one actor; another actor's equal key is another command."""
    return [UniqueConstraint(fields=["institution_code", "actor", "name", "key"], name=f"{world}_command_once")]
