"""What staff prove themselves with besides the password on the account row."""

from __future__ import annotations

from django.db import models

from hub import clock
from hub.accounts.models.users import User
from hub.ids import uuid7
from hub.security.fields import BlindIndexField, EncryptedTextField
from hub.tenancy.grants import Grant


class PasswordHistory(models.Model):
    """Hashes of earlier passwords, so that the last ones are not taken again."""

    grant = staff_grant = Grant.APPEND
    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    password = models.CharField(max_length=128)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "accounts_password_history"
        indexes = [models.Index(fields=["user", "-created_at"], name="accounts_password_history_user")]


class TotpDevice(models.Model):
    """The second factor of a staff account (RFC 6238). `last_step` only grows: a code is accepted once."""

    staff_grant = Grant.RW
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="totp")
    secret = EncryptedTextField(purpose="accounts.totp")
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)

    class Meta:
        db_table = "accounts_totp_device"


class RecoveryCode(models.Model):
    """A single-use code that stands in for a lost second factor; only its keyed digest is kept."""

    staff_grant = Grant.RW
    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recovery_codes")
    code_index = BlindIndexField()
    created_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_recovery_code"
        constraints = [models.UniqueConstraint(fields=["user", "code_index"], name="accounts_recovery_code_uniq")]
