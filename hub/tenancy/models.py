"""The minimal row of a hospital: what routing and scopes need. The institution itself is `tenants/registry`."""

from __future__ import annotations

from typing import Any

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from hub import words
from hub.tenancy.context import HOME_ALIAS
from hub.tenancy.grants import Grant


class TenantState(words.TextChoices):
    """The life of a hospital on the hub."""

    JOINING = "joining", "接入中"
    LIVE = "live", "已开通"
    SUSPENDED = "suspended", "已暂停"
    LEAVING = "leaving", "退出中"
    LEFT = "left", "已退出"


def default_limits() -> dict[str, Any]:
    """Limits of a hospital that was given none: requests to its systems at the same time."""
    return {"in_flight": 4}


class Tenant(TenantMixin):  # type: ignore[misc]
    """A hospital's place: code, schema, state, incarnation (raised at a restore or move) and limits.

    `database` is the alias its scopes open (after a move another than the home one); until `writes_stopped_until` they
    only read. While `repair` names a work (a restore, a resync), only that work enters the schema; the life of the
    hospital is another matter and stays where it is.
    """

    auto_create_schema = False
    staff_grant = Grant.RO

    code: models.CharField[str, str] = models.CharField(max_length=20, unique=True)
    state: models.CharField[str, str] = models.CharField(
        max_length=16, choices=TenantState.choices, default=TenantState.JOINING
    )
    database: models.CharField[str, str] = models.CharField(max_length=20, default=HOME_ALIAS)
    writes_stopped_until: models.DateTimeField[Any, Any] = models.DateTimeField(null=True)
    incarnation: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(default=1)
    repair: models.CharField[str, str] = models.CharField(max_length=12, blank=True, default="")
    limits: models.JSONField[Any, Any] = models.JSONField(default=default_limits)
    created_at: models.DateTimeField[Any, Any] = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(code__regex=r"^[a-z][a-z0-9]{1,19}$"), name="tenant_code_shape"),
        ]

    def _check_schema_name_is_unique(self) -> None:
        """The constraints say it: codes are lower case, schema names are made from them."""


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name of a hospital besides `<code>.<base host>`."""

    staff_grant = Grant.RO


class RecordedMigration(models.Model):
    """The statements one migration executed on the template schema, replayed on every hospital's (kernel decision 9).

    `chain` is the hash of everything recorded up to and including this row: a schema's stamp names its row.
    """

    grant = Grant.NONE

    app = models.CharField(max_length=100)
    name = models.CharField(max_length=255)
    source_digest = models.CharField(max_length=64)
    statements = models.JSONField()
    chain = models.CharField(max_length=64, unique=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "name"], name="recorded_migration_once")]
