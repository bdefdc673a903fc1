"""Reports of nights and the hospital's own IT contact, in its schema."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from hub import words
from hub.security.fields import EncryptedTextField
from hub.tenancy.grants import Grant


class SmsState(words.TextChoices):
    """What became of the short message that says the report is there."""

    NONE = "none", "没有登记手机"
    QUEUED = "queued", "待发送"
    SENT = "sent", "已发送"
    REFUSED = "refused", "网关拒绝"


class NightReport(models.Model):
    """The report of 07:00: what failed, what healed by itself, what waits for a person, as it stood then.

    `content` holds numbers of messages and words, nothing personal. `seen_by` are the members of staff who opened it:
    for the others it is news on their first page.
    """

    grant: ClassVar[Grant] = Grant.RW

    day = models.DateField(primary_key=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    made_at = models.DateTimeField()
    failed = models.PositiveIntegerField()
    healed = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()
    content = models.JSONField()
    seen_by = models.JSONField(default=list)
    sms = models.CharField(max_length=8, choices=SmsState.choices, default=SmsState.NONE)

    class Meta:
        db_table = "nightly_report"


class Contact(models.Model):
    """Who is told in the morning; one a hospital (its id is always 1)."""

    grant: ClassVar[Grant] = Grant.RW

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=60)
    phone = EncryptedTextField(purpose="nightly.phone")
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "nightly_contact"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="ck_nightly_contact_one")]
