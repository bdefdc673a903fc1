"""Notices of the district and of institutions (public schema)."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.tenancy.rows import InstitutionRow


class Urgency(words.TextChoices):
    """How it is shown: urgent ones first, in the colour of warnings, an institution's on the home page too."""

    NORMAL = "normal", "一般"
    URGENT = "urgent", "紧急"


class Announcement(InstitutionRow):
    """One notice; `institution_code` is empty for the district's own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField("标题", max_length=60)
    text = models.TextField("正文", max_length=1000)
    urgency = models.CharField("级别", max_length=8, choices=Urgency.choices)
    shown_from = models.DateTimeField("开始显示")
    shown_until = models.DateTimeField("停止显示")
    published_by_name = models.CharField("发布人", max_length=60)
    published_at = models.DateTimeField("发布时间")
    withdrawn_by_name = models.CharField("撤下人", max_length=60, blank=True, default="")
    withdrawn_at = models.DateTimeField("撤下时间", null=True)

    class Meta:
        db_table = "announcement"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(shown_until__gt=models.F("shown_from")), name="announcement_some_time"
            )
        ]
        indexes = [
            models.Index(fields=["institution_code", "-published_at"], name="announcement_newest"),
            models.Index(
                fields=["shown_until"], name="announcement_current", condition=models.Q(withdrawn_at__isnull=True)
            ),
        ]
