"""Who collects: every hospital's own merchant account, by version, and what the channels told us, as received."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.security.fields import EncryptedTextField
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class MerchantAccount(InstitutionRow):
    """One version of a hospital's credentials at a channel; old versions stay, so that old payments can be refunded.

    Secrets stand here only by reference into the key ring (`hub.security.keyring`); the channel's own key is public.

    Its id is part of the notification address: a notice about an old payment still finds the key it was made under.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=16)
    version = models.PositiveIntegerField()
    mchid = models.CharField(max_length=32)
    appid = models.CharField(max_length=32)
    serial_no = models.CharField(max_length=64)
    private_key_ref = models.CharField(max_length=120)
    api_v3_key_ref = models.CharField(max_length=120)
    channel_key_id = models.CharField(max_length=64)
    channel_public_key = models.TextField()
    effective_from = models.DateTimeField()
    effective_to = models.DateTimeField(null=True)
    certificate_until = models.DateTimeField(null=True)
    put_by_name = models.CharField(max_length=130, blank=True, default="")

    class Meta:
        db_table = "payments_merchant_account"
        constraints = [
            models.UniqueConstraint(
                fields=["institution_code", "channel", "version"], name="payments_merchant_version"
            ),
            models.UniqueConstraint(
                fields=["institution_code", "channel"],
                name="payments_merchant_current",
                condition=models.Q(effective_to__isnull=True),
            ),
        ]


class ProposalState(words.TextChoices):
    """What became of credentials that one administrator put forward."""

    WAITING = "waiting", "等待安全管理员确认"
    DONE = "done", "已启用"
    REFUSED = "refused", "未同意"


class MerchantProposal(InstitutionRow):
    """Credentials waiting for the second person: whoever sets where the money goes never puts it in force alone.

    Its secrets lie in the key ring under the same names they will keep; refused ones are removed from it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=16)
    mchid = models.CharField(max_length=32)
    appid = models.CharField(max_length=32)
    serial_no = models.CharField(max_length=64)
    private_key_ref = models.CharField(max_length=120)
    api_v3_key_ref = models.CharField(max_length=120)
    channel_key_id = models.CharField(max_length=64)
    channel_public_key = models.TextField()
    certificate_until = models.DateTimeField()
    state = models.CharField(max_length=8, choices=ProposalState.choices, default=ProposalState.WAITING)
    reason = models.CharField(max_length=200)
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "payments_merchant_proposal"
        constraints = [
            models.UniqueConstraint(
                fields=["institution_code", "channel"],
                name="payments_merchant_one_proposal",
                condition=models.Q(state="waiting"),
            )
        ]


class NotificationState(words.TextChoices):
    """A notice is kept whatever becomes of it."""

    STORED = "stored", "已接收"
    PROCESSED = "processed", "已处理"
    REFUSED = "refused", "已拒绝"


class ChannelNotification(InstitutionRow):
    """One notice of a channel, stored raw and encrypted before it is believed; unique by the channel's own id."""

    id = models.BigAutoField(primary_key=True)
    merchant = models.ForeignKey(MerchantAccount, on_delete=models.PROTECT, related_name="notifications")
    notify_id = models.CharField(max_length=64)
    event_type = models.CharField(max_length=40)
    body = EncryptedTextField(purpose="payment.notification", owner="institution_code")
    state = models.CharField(max_length=12, choices=NotificationState.choices, default=NotificationState.STORED)
    note = models.CharField(max_length=80, blank=True, default="")
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)

    staff_grant = Grant.NONE

    class Meta:
        db_table = "payments_notification"
        constraints = [
            models.UniqueConstraint(fields=["merchant", "notify_id"], name="payments_notification_id"),
        ]
