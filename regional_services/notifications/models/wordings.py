"""Wordings as data: versions that are only ever added. Version 0 is the house's own, in code."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow
from regional_services.notifications.catalogue import Channel, Language


class WordingVersion(models.Model):
    """One version; the newest is in force. `withdrawn`: back to what stood before any version.

    `restored_from` names the version whose words were published again.
    """

    kind = models.CharField("消息种类", max_length=40)
    channel = models.CharField("渠道", max_length=8, choices=Channel.choices)
    language = models.CharField("语言", max_length=2, choices=Language.choices)
    version = models.PositiveIntegerField("版本")
    content = models.JSONField("内容")
    withdrawn = models.BooleanField("撤回", default=False)
    restored_from = models.PositiveIntegerField("恢复自版本", null=True)
    published_by_name = models.CharField("发布人", max_length=60)
    published_at = models.DateTimeField("发布时间")

    class Meta:
        abstract = True


class DistrictWording(WordingVersion):
    """The district's, for every hospital that has none of its own."""

    grant: ClassVar[Grant] = Grant.APPEND
    staff_grant: ClassVar[Grant] = Grant.RO

    class Meta:
        db_table = "notifications_wording"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "channel", "language", "version"], name="notifications_wording_version"
            )
        ]


class HospitalWording(InstitutionRow, WordingVersion):
    """A hospital's own, where the kind allows it."""

    grant: ClassVar[Grant] = Grant.APPEND

    class Meta:
        db_table = "notifications_hospital_wording"
        constraints = [
            models.UniqueConstraint(
                fields=["institution_code", "kind", "channel", "language", "version"],
                name="notifications_own_wording_version",
            )
        ]
