"""Callers, their keys, the visits they led in and the links that were refused (public schema, the district's own)."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.security.fields import EncryptedTextField


class Caller(models.Model):
    """Another official account or app that may send people here.

    `services` are codes of `tenants.directory` services, `places` codes of institutions (empty: any that offers the
    service), `returns` the addresses it may ask us to return to, compared by scheme, host and whole path segments.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField("来源代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=60)
    contact = models.CharField("联系人", max_length=60, blank=True, default="")
    services = models.JSONField("可进入的服务", default=list)
    places = models.JSONField("可进入的机构", default=list)
    returns = models.JSONField("返回地址", default=list)
    is_on = models.BooleanField("启用", default=True)
    made_by = models.CharField("登记人", max_length=60)
    made_at = models.DateTimeField("登记时间")

    class Meta:
        db_table = "entries_caller"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class Algorithm(words.TextChoices):
    """How a caller signs."""

    HMAC = "hmac", "HMAC-SHA256"
    RSA = "rsa", "RSA-SHA256"


class CallerKey(models.Model):
    """A key of a caller: a shared secret, or the caller's public key. It counts until `ends_at` (null: no end)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    caller = models.ForeignKey(Caller, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField("密钥编号", max_length=16, unique=True)
    algorithm = models.CharField("算法", max_length=8, choices=Algorithm.choices)
    secret = EncryptedTextField(purpose="entries.caller_key", null=True)
    public_key = models.TextField("公钥", blank=True, default="")
    made_by = models.CharField("生成人", max_length=60)
    made_at = models.DateTimeField("生成时间")
    ends_at = models.DateTimeField("失效时间", null=True)

    class Meta:
        db_table = "entries_caller_key"
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return self.name


class Visit(models.Model):
    """One person led in by a link: whose, into what, how far he came. `browser` is a digest of the browser's token."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    caller = models.ForeignKey(Caller, on_delete=models.PROTECT, related_name="visits")
    key = models.ForeignKey(CallerKey, on_delete=models.PROTECT, related_name="+")
    nonce = models.CharField(max_length=64)
    service = models.CharField("服务", max_length=16)
    place = models.CharField("机构", max_length=32, blank=True, default="")
    return_to = models.CharField("返回地址", max_length=500)
    state = models.CharField("来源的标记", max_length=128, blank=True, default="")
    browser = models.BinaryField(max_length=32)
    account_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    booking_id = models.UUIDField(null=True)
    arrived_at = models.DateTimeField("进入时间")
    ready_at = models.DateTimeField("完成准备", null=True)
    booked_at = models.DateTimeField("预约时间", null=True)
    returned_at = models.DateTimeField("返回时间", null=True)

    class Meta:
        db_table = "entries_visit"
        constraints = [models.UniqueConstraint(fields=("caller", "nonce"), name="entries_visit_nonce")]
        indexes = [
            models.Index(fields=("caller", "-arrived_at"), name="entries_visit_caller"),
            models.Index(
                fields=("booking_id",), condition=models.Q(booking_id__isnull=False), name="entries_visit_booking"
            ),
            models.Index(
                fields=("account_id",), condition=models.Q(account_id__isnull=False), name="entries_visit_account"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RefusalCount(models.Model):
    """How many links were refused for a reason on a day; `caller` is null where nobody registered was named."""

    id = models.BigAutoField(primary_key=True)
    caller = models.ForeignKey(Caller, on_delete=models.PROTECT, null=True, related_name="refusals")
    day = models.DateField("日期")
    reason = models.CharField("原因", max_length=12)
    count = models.PositiveIntegerField("次数", default=0)

    class Meta:
        db_table = "entries_refusal"
        constraints = [
            models.UniqueConstraint(
                fields=("caller", "day", "reason"), name="entries_refusal_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.reason}"


class FollowState(words.TextChoices):
    """Whether an account's WeChat follows our official account, as WeChat said last."""

    ASKED = "asked", "正在查询"
    YES = "yes", "已关注"
    NO = "no", "未关注"
    UNKNOWN = "unknown", "暂时查不到"


class Follow(models.Model):
    """What WeChat said of an account, and when: believed for as long as `following.BELIEVED` says."""

    account_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=8, choices=FollowState.choices)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "entries_follow"

    def __str__(self) -> str:
        return self.state
