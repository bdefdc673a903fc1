"""A sign-in on its way, and which account belongs to which user of the platform."""

from __future__ import annotations

from django.db import models

from hub import clock, words
from hub.ids import uuid7
from hub.security.fields import EncryptedTextField
from hub.tenancy.grants import Grant


class AskState(words.TextChoices):
    """Where a sign-in through the platform stands."""

    STARTED = "started", "等待登录"
    ASKED = "asked", "正在核对"
    READY = "ready", "已核对"
    REFUSED = "refused", "被拒绝"
    SPENT = "spent", "已使用"


class PlatformAsk(models.Model):
    """One authorisation: its `state` parameter is the id, bound to the session and the host that began it."""

    staff_grant = Grant.RW
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    binding = models.BinaryField(max_length=32)
    hospital = models.CharField(max_length=32, blank=True, default="")
    redirect_uri = models.CharField(max_length=300)
    nonce = models.CharField(max_length=64)
    verifier = EncryptedTextField(purpose="staff_platform.verifier")
    code = EncryptedTextField(purpose="staff_platform.code", null=True)
    state = models.CharField(max_length=8, choices=AskState.choices, default=AskState.STARTED)
    subject = models.CharField(max_length=128, blank=True, default="")
    reason = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "staff_platform_ask"


class PlatformUser(models.Model):
    """A user of the platform and the account made for him; a sub is never given to another account."""

    staff_grant = Grant.RO
    subject = models.CharField(max_length=128, primary_key=True)
    account_id = models.UUIDField(unique=True)
    enabled = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "staff_platform_user"
