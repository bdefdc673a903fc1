"""Where each booking stands in its hospital's queue, as last read."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class Place(InstitutionRow):
    """One booking's place in line. `ahead` is null when it has none (called, passed, done)."""

    staff_grant: ClassVar[Grant] = Grant.RO

    booking_id = models.UUIDField(primary_key=True)
    entry_id = models.UUIDField()
    queue_id = models.UUIDField()
    account_id = models.UUIDField()
    person_id = models.UUIDField()
    day = models.DateField()
    department_name = models.CharField(max_length=60)
    doctor_name = models.CharField(max_length=60, blank=True)
    room = models.CharField(max_length=60, blank=True)
    ticket = models.CharField(max_length=20)
    state = models.CharField(max_length=8)
    present = models.BooleanField()
    late = models.BooleanField(default=False)
    missed = models.PositiveSmallIntegerField(default=0)
    pass_reason = models.CharField(max_length=10, blank=True, default="")
    station = models.CharField(max_length=60, blank=True, default="")
    ahead = models.PositiveSmallIntegerField(null=True)
    wait_low = models.PositiveSmallIntegerField(null=True)
    wait_high = models.PositiveSmallIntegerField(null=True)
    serving = models.CharField(max_length=60, blank=True, default="")
    paused = models.CharField(max_length=60, blank=True, default="")
    sensitive = models.BooleanField(default=False)
    read_at = models.DateTimeField()

    class Meta:
        db_table = "waiting_place"
        indexes = [
            models.Index(fields=["account_id", "day"], name="ix_waiting_place_account"),
            models.Index(fields=["person_id", "day"], name="ix_waiting_place_person"),
            models.Index(fields=["queue_id"], name="ix_waiting_place_queue"),
        ]
