"""Messages to residents: what was said to whom about what, once, and how far an SMS came."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.security.fields import EncryptedJSONField
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class SmsState(words.TextChoices):
    """Where the SMS of a message stands; most messages have none."""

    NONE = "none", "不发短信"
    QUEUED = "queued", "待发送"
    SENT = "sent", "已发送"
    DELIVERED = "delivered", "已送达"
    UNDELIVERED = "undelivered", "未送达"
    REFUSED = "refused", "网关拒绝"
    NO_PHONE = "no_phone", "无手机号"


class Message(InstitutionRow):
    """One message to one account about one person's matter.

    It keeps the facts and the version of the wording, so that what was said can be shown again after the wording
    changed. The unique constraint makes a second telling of the same fact impossible.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField()
    person_id = models.UUIDField(null=True)
    about = models.UUIDField()
    template = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    facts = EncryptedJSONField(purpose="notification.facts")
    discreet = models.BooleanField(default=False)
    sms = models.CharField(max_length=12, choices=SmsState.choices, default=SmsState.NONE)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    staff_grant = Grant.NONE

    class Meta:
        db_table = "notifications_message"
        constraints = [
            models.UniqueConstraint(fields=["about", "account_id", "template"], name="notifications_message_once"),
        ]
        indexes = [
            models.Index(fields=["account_id", "-created_at", "-id"], name="notifications_message_account"),
            models.Index(
                fields=["account_id"],
                name="notifications_message_unread",
                condition=models.Q(read_at__isnull=True),
            ),
        ]
