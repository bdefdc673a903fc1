"""What residents want to be told, and how; when nobody is to be disturbed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from hub.tenancy.grants import Grant
from regional_services.notifications.catalogue import Channel, Language


class Declined(models.Model):
    """A kind an account does not want on a channel; must-haves are never in here."""

    account_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    declined_at = models.DateTimeField()

    class Meta:
        db_table = "notifications_declined"
        constraints = [
            models.UniqueConstraint(fields=["account_id", "kind", "channel"], name="notifications_declined_once")
        ]


class Habit(models.Model):
    """Which channel an account prefers, and its language for what leaves the house."""

    account_id = models.UUIDField(primary_key=True)
    first_channel = models.CharField(max_length=8, choices=Channel.choices, default="", blank=True)
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.ZH)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "notifications_habit"


class QuietHours(models.Model):
    """From when until when only urgent kinds leave the house; the newest row is in force. Equal times: none."""

    grant: ClassVar[Grant] = Grant.APPEND

    begins = models.TimeField("开始")
    ends = models.TimeField("结束")
    set_by_name = models.CharField("设置人", max_length=60)
    set_at = models.DateTimeField("设置时间")

    class Meta:
        db_table = "notifications_quiet_hours"
