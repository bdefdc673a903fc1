"""What was said to whom about what, once; and how far it came on each way outside."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.security.fields import EncryptedJSONField
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow
from regional_services.notifications.catalogue import Channel, Language


class Message(InstitutionRow):
    """One message to one account about one person's matter.

    `about` is the fact (a booking's end, a call, a refund): the unique constraint makes a second telling of it
    impossible. `subject` is the thing its page shows. The facts are kept, so that what was said can be shown again in
    the wording of its time. `shown` is false where the resident declined this kind in the app. `phone_handle`: a text
    message goes to this number instead of the account's own, which may open the account no longer.
    """

    staff_grant: ClassVar[Grant] = Grant.RW  # staff look at their hospital's, and mark as read what was told to them

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField()
    person_id = models.UUIDField(null=True)
    about = models.UUIDField()
    subject = models.UUIDField()
    kind = models.CharField(max_length=40)
    facts = EncryptedJSONField(purpose="notification.facts")
    discreet = models.BooleanField(default=False)
    phone_handle = models.UUIDField(null=True)
    shown = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notifications_message"
        constraints = [
            models.UniqueConstraint(fields=["about", "account_id", "kind"], name="notifications_message_once"),
        ]
        indexes = [
            models.Index(fields=["account_id", "-created_at", "-id"], name="notifications_message_account"),
            models.Index(
                fields=["account_id"],
                name="notifications_message_unread",
                condition=models.Q(read_at__isnull=True, shown=True),
            ),
            models.Index(fields=["-created_at", "-id"], name="notifications_message_day"),
            models.Index(fields=["institution_code", "-created_at"], name="notifications_message_place"),
        ]


class DeliveryState(words.TextChoices):
    """Where a message stands on one channel."""

    QUEUED = "queued", "待发送"
    HELD = "held", "免打扰，稍后发送"
    SENDING = "sending", "发送中"
    SENT = "sent", "平台已受理"
    DELIVERED = "delivered", "已送达"
    UNDELIVERED = "undelivered", "未送达"
    REFUSED = "refused", "平台拒绝"
    FAILED = "failed", "多次未能发出"
    UNKNOWN = "unknown", "结果不明"
    EXPIRED = "expired", "已过时效未发"
    DECLINED = "declined", "居民已退订"


OPEN = frozenset({DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.SENDING})
FAILED = frozenset(
    {
        DeliveryState.UNDELIVERED,
        DeliveryState.REFUSED,
        DeliveryState.FAILED,
        DeliveryState.UNKNOWN,
        DeliveryState.EXPIRED,
    }
)


class Delivery(InstitutionRow):
    """A message on one channel outside; one of each channel at most.

    `client_id` is our name for it at the channel, another one for each time staff send it again; `provider_id` is what
    its reports call it, our own name until the channel gives another. `tries` counts calls of this round, the first at
    `first_try_at`. `doubtful`: an earlier call of the round may have been carried out. `due_at` is when it is to be
    taken up, of one being sent when it was taken; `roused_at` when the relay was last told.
    """

    staff_grant: ClassVar[Grant] = Grant.RO

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    state = models.CharField(max_length=12, choices=DeliveryState.choices)
    reason = models.CharField(max_length=60, default="", blank=True)
    client_id = models.CharField(max_length=32)
    provider_id = models.CharField(max_length=64)
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.ZH)
    wording = models.PositiveIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    doubtful = models.BooleanField(default=False)
    first_try_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    roused_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "notifications_delivery"
        constraints = [
            models.UniqueConstraint(fields=["message", "channel"], name="notifications_delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="notifications_delivery_due",
                condition=models.Q(state__in=["queued", "held", "sending"]),
            ),
            models.Index(fields=["channel", "provider_id"], name="notifications_delivery_named"),
            models.Index(fields=["created_at", "channel", "state"], name="notifications_delivery_span"),
        ]


class DeliveryStep(InstitutionRow):
    """The history of a delivery: each state it came to, why, and by whom. It goes with its delivery, and not before."""

    staff_grant: ClassVar[Grant] = Grant.RO

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=12, choices=DeliveryState.choices)
    reason = models.CharField(max_length=60, default="", blank=True)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        db_table = "notifications_delivery_step"
        indexes = [models.Index(fields=["delivery", "id"], name="notifications_step_delivery")]
