"""Ways in (phone codes, asks of platforms) and what they lead to (sign-ins, refresh tokens, known devices)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub import clock, words
from hub.accounts.models.users import HandleKind, User
from hub.ids import uuid7
from hub.security.fields import BlindIndexField, EncryptedTextField
from hub.tenancy.grants import Grant


class CodePurpose(words.TextChoices):
    """What a phone code is for; a code of one purpose never serves another."""

    SIGN_IN = "sign_in", "登录"
    BIND_PHONE = "bind_phone", "绑定手机"
    ADD_MEMBER = "add_member", "添加就诊人"
    REVEAL = "reveal", "查看敏感信息"
    MERGE = "merge", "合并账号"
    CLOSE = "close", "注销账号"
    CHANGE_PHONE = "change_phone", "更换手机号"


class PhoneCode(models.Model):
    """One code sent to one phone, for one purpose and one browser session or device.

    The code itself is stored nowhere: it is cut from a keyed digest of `nonce` (random, wiped when the code is spent),
    computed again by the sender of the message and by the check.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=16, choices=CodePurpose.choices)
    phone_index = BlindIndexField()
    phone = EncryptedTextField(purpose="accounts.phone_code")
    binding = models.BinaryField(max_length=32)
    nonce = models.BinaryField(max_length=24)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    checks = models.PositiveSmallIntegerField(default=0)
    spent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_phone_code"
        indexes = [models.Index(fields=["phone_index", "-created_at"], name="accounts_phone_code_phone")]


class AskState(words.TextChoices):
    """A sign-in at a platform between the redirect back and the platform's answer."""

    STARTED = "started", "等待授权"
    ASKED = "asked", "正在核对"
    READY = "ready", "已核对"
    REFUSED = "refused", "被拒绝"
    SPENT = "spent", "已使用"


class HandleAsk(models.Model):
    """One authorisation at a platform: its `state` parameter is the id, bound to the session that began it.

    The code is traded by the relay's pool for outside calls; the page polls this row. `subject` is whose it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=HandleKind.choices)
    binding = models.BinaryField(max_length=32)
    realm = models.CharField(max_length=64, default="", blank=True)
    state = models.CharField(max_length=16, choices=AskState.choices, default=AskState.STARTED)
    code = EncryptedTextField(purpose="accounts.handle_code", null=True)
    subject = EncryptedTextField(purpose="accounts.handle", null=True)
    reason = models.CharField(max_length=64, default="", blank=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_handle_ask"


class KnownDevice(models.Model):
    """A device an account has signed in from; absent or idle for 60 days means: ask name and ID before any record."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    device_digest = models.BinaryField(max_length=32)
    first_seen_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)
    proven_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_known_device"
        constraints = [models.UniqueConstraint(fields=["user", "device_digest"], name="accounts_known_device_uniq")]


class SignInMethod(words.TextChoices):
    """How somebody signed in."""

    PHONE = "phone", "手机验证码"
    WECHAT = "wechat", "微信授权"
    ALIPAY = "alipay", "支付宝授权"
    CITY_APP = "city_app", "随申办授权"
    PASSWORD_TOTP = "password_totp", "口令与动态码"
    RECOVERY = "recovery", "口令与恢复码"
    SYNTHETIC = "synthetic", "平台巡检"


class SignIn(models.Model):
    """One sign-in, of a browser session or a family of API tokens; ending it ends everything issued under it."""

    staff_grant = Grant.RW
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_ins")
    method = models.CharField(max_length=16, choices=SignInMethod.choices)
    hospital = models.CharField(max_length=32, default="", blank=True)
    device_digest = models.BinaryField(max_length=32)
    agent = models.CharField(max_length=120, default="", blank=True)
    started_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    identity_due = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=32, default="", blank=True)

    class Meta:
        db_table = "accounts_sign_in"
        indexes = [
            models.Index(fields=["user"], condition=Q(ended_at__isnull=True), name="accounts_sign_in_live"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="accounts_sign_in_ended"),
        ]


class RefreshToken(models.Model):
    """A refresh token of a sign-in, single use; presenting a used one ends the sign-in (somebody has a copy)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sign_in = models.ForeignKey(SignIn, on_delete=models.PROTECT, related_name="refresh_tokens")
    token_digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_refresh_token"
