"""Networks administrators may work from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub import clock
from hub.ids import uuid7
from hub.tenancy.rows import InstitutionRow


class AdminNetwork(InstitutionRow):
    """One network of an institution (or of the district) its administrators may work from; ended ones stay as history.

    While a place has none, its administrators may work from anywhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    network = models.CharField(max_length=49)
    note = models.CharField(max_length=100)
    added_by_name = models.CharField(max_length=64)
    added_at = models.DateTimeField(default=clock.now)
    ended_by_name = models.CharField(max_length=64, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_admin_network"
        constraints = [
            models.UniqueConstraint(
                fields=["institution_code", "network"],
                condition=Q(ended_at__isnull=True),
                name="accounts_admin_network_once",
            )
        ]
