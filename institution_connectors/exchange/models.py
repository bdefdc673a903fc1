"""Every message in and out of a hospital, in that hospital's own schema: asks, attempts, bytes, what it reported."""

from __future__ import annotations

from typing import Any

from django.db import models

from hub import ids, words
from hub.security.fields import EncryptedJSONField, EncryptedTextField
from hub.tenancy.grants import Grant

BODY = "exchange.body"


class State(words.TextChoices):
    """Of an ask. UNKNOWN: it may have been done, and is being asked after."""

    OPEN = "open", "等待发送"
    UNKNOWN = "unknown", "结果待核实"
    ACCEPTED = "accepted", "已受理"
    REJECTED = "rejected", "未受理"


class Exchange(models.Model):
    """One ask and what came of it. `key` makes asking again harmless; `hub_number` is how the hospital knows it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.CharField("业务键", max_length=120)
    correlation = models.CharField("关联业务", max_length=80)
    operation = models.CharField("操作", max_length=32)
    hub_number = models.CharField("请求编号", max_length=28, blank=True, default="")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField("原因", max_length=24, blank=True, default="")
    his_code = models.CharField("医院代码", max_length=64, blank=True, default="")
    request: models.Field[Any, Any] = EncryptedJSONField(purpose=BODY)
    answer: models.Field[Any, Any] = EncryptedJSONField(purpose=BODY, null=True)
    his_text: models.Field[Any, Any] = EncryptedTextField(purpose=BODY)
    asked_at = models.DateTimeField("提出时间")
    deadline = models.DateTimeField("期限")
    ended_at = models.DateTimeField("结束时间", null=True)
    told_unknown = models.BooleanField("已告知待核实", default=False)
    announce = models.BooleanField("结束时通知", default=True)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    rerun_of = models.UUIDField("重发自", null=True)
    at_test = models.BooleanField("发往测试环境", default=False)

    class Meta:
        verbose_name = "接口请求"
        verbose_name_plural = "接口请求"
        constraints = [models.UniqueConstraint(fields=["key"], name="exchange_key_once")]
        indexes = [
            models.Index(fields=["-asked_at", "-id"], name="exchange_newest"),
            models.Index(fields=["correlation"], name="exchange_correlation"),
            models.Index(fields=["hub_number"], condition=~models.Q(hub_number=""), name="exchange_hub_number"),
            models.Index(fields=["rerun_of"], condition=models.Q(rerun_of__isnull=False), name="exchange_rerun_of"),
            models.Index(
                fields=["asked_at"], name="exchange_unended", condition=models.Q(state__in=["open", "unknown"])
            ),
        ]


class Purpose(words.TextChoices):
    """What an attempt was for."""

    CALL = "call", "办理"
    PREPARE = "prepare", "建档"
    CHECK = "check", "核实"


class Attempt(models.Model):
    """One call to the hospital. Without `ended_at` the process died under it: it may have reached the hospital."""

    id = models.BigAutoField(primary_key=True)
    exchange_id = models.UUIDField()
    number = models.PositiveSmallIntegerField("序号")
    purpose = models.CharField("用途", max_length=8, choices=Purpose.choices)
    trace_id = models.CharField("跟踪号", max_length=32)
    started_at = models.DateTimeField("开始")
    ended_at = models.DateTimeField("结束", null=True)
    duration_ms = models.PositiveIntegerField("耗时毫秒", null=True)
    outcome = models.CharField("结果", max_length=10, blank=True, default="")
    reason = models.CharField("原因", max_length=24, blank=True, default="")
    sent = models.BooleanField("可能送达", default=True)

    class Meta:
        verbose_name = "尝试"
        verbose_name_plural = "尝试"
        constraints = [models.UniqueConstraint(fields=["exchange_id", "number"], name="exchange_attempt_number")]
        indexes = [models.Index(fields=["-started_at"], name="exchange_attempt_newest")]


class Message(models.Model):
    """Bytes as they crossed the wire. The body has a shorter life than the row; None says that its time is over."""

    id = models.BigAutoField(primary_key=True)
    exchange_id = models.UUIDField(null=True)
    inbound_id = models.UUIDField(null=True)
    attempt = models.PositiveSmallIntegerField("尝试", default=0)
    direction = models.CharField("方向", max_length=8)
    at = models.DateTimeField("时间")
    content_type = models.CharField("类型", max_length=100)
    head = models.JSONField("消息头", default=dict)
    size = models.PositiveIntegerField("字节数")
    base64 = models.BooleanField("二进制", default=False)
    body: models.Field[Any, Any] = EncryptedTextField(purpose=BODY, null=True)

    class Meta:
        verbose_name = "报文"
        verbose_name_plural = "报文"
        indexes = [
            models.Index(fields=["exchange_id", "id"], name="exchange_message_of"),
            models.Index(fields=["inbound_id"], name="exchange_message_inbound"),
            models.Index(fields=["at"], name="exchange_message_at"),
        ]


class Inbound(models.Model):
    """A message of the hospital. Unique per source, its generation and its own number: a repeat gets the same ack."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    source = models.CharField("来源", max_length=64)
    incarnation = models.CharField("来源代次", max_length=16)
    message_id = models.CharField("消息编号", max_length=64)
    kind = models.CharField("类别", max_length=32)
    received_at = models.DateTimeField("接收时间")
    facts: models.Field[Any, Any] = EncryptedJSONField(purpose=BODY)

    class Meta:
        verbose_name = "来自医院的消息"
        verbose_name_plural = "来自医院的消息"
        constraints = [
            models.UniqueConstraint(fields=["source", "incarnation", "message_id"], name="exchange_inbound_once")
        ]
        indexes = [models.Index(fields=["-received_at", "-id"], name="exchange_inbound_newest")]


class Refused(models.Model):
    """A message of the hospital that was not taken, with the precise reason; its sender was told."""

    grant = Grant.APPEND

    id = models.BigAutoField(primary_key=True)
    received_at = models.DateTimeField("接收时间")
    reason = models.CharField("原因", max_length=300)
    size = models.PositiveIntegerField("字节数")
    body: models.Field[Any, Any] = EncryptedTextField(purpose=BODY)

    class Meta:
        verbose_name = "拒收的消息"
        verbose_name_plural = "拒收的消息"
        indexes = [models.Index(fields=["-received_at"], name="exchange_refused_newest")]


class Probe(models.Model):
    """A look at the hospital: did it answer, how fast, and how wrong is its clock (F6)."""

    grant = Grant.APPEND

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField("时间")
    reason = models.CharField("原因", max_length=24, blank=True, default="")
    latency_ms = models.PositiveIntegerField("耗时毫秒", null=True)
    skew_ms = models.IntegerField("时钟偏差毫秒", null=True)

    class Meta:
        verbose_name = "探测"
        verbose_name_plural = "探测"
        indexes = [models.Index(fields=["-at"], name="exchange_probe_newest")]
