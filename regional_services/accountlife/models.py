"""Merges with every row they moved, closings with what they sealed (public schema, the district's own)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub import words
from hub.ids import uuid7
from hub.security.fields import EncryptedJSONField
from hub.tenancy.grants import Grant


class Way(words.TextChoices):
    """How it was proven that both accounts are one person's."""

    PHONE = "phone", "手机验证码"
    WECHAT = "wechat", "微信授权"
    ALIPAY = "alipay", "支付宝授权"
    CITY_APP = "city_app", "随申办授权"
    CLERK = "clerk", "工作人员双人复核"


class MergeState(words.TextChoices):
    """The life of a merge."""

    PROPOSED = "proposed", "待确认"
    DONE = "done", "已合并"
    UNDONE = "undone", "已撤销"
    REFUSED = "refused", "未同意"


class Merge(models.Model):
    """`merged_id` becomes part of `kept_id`: proposed by a proof or a clerk, done by the holder or another clerk."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kept_id = models.UUIDField("保留账号")
    merged_id = models.UUIDField("并入账号")
    person_id = models.UUIDField("本人", null=True)
    way = models.CharField("依据", max_length=8, choices=Way.choices)
    state = models.CharField("状态", max_length=10, choices=MergeState.choices, default=MergeState.PROPOSED)
    note = models.CharField("说明", max_length=200, blank=True, default="")
    proposed_by = models.UUIDField("提出人")
    proposed_by_name = models.CharField("提出人", max_length=60)
    proposed_at = models.DateTimeField("提出时间")
    decided_by = models.UUIDField("决定人", null=True)
    decided_by_name = models.CharField("决定人", max_length=60, blank=True, default="")
    decided_at = models.DateTimeField("决定时间", null=True)
    undo_until = models.DateTimeField("可撤销至", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        db_table = "accountlife_merge"
        constraints = [
            models.UniqueConstraint(
                fields=("merged_id",), condition=Q(state__in=("proposed", "done")), name="accountlife_merged_once"
            ),
            models.CheckConstraint(condition=~Q(kept_id=models.F("merged_id")), name="accountlife_merge_two"),
        ]
        indexes = [
            models.Index(fields=("kept_id",), name="accountlife_merge_kept"),
            models.Index(fields=("state", "-proposed_at"), name="accountlife_merge_list"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Did(words.TextChoices):
    """What a merge did with a row."""

    MOVED = "moved", "已转入"
    LEFT = "left", "保留账号已有"
    ENDED = "ended", "已停用"
    MADE = "made", "新建"


class MergeItem(models.Model):
    """One row a merge touched, so that its undo finds exactly this one."""

    grant = Grant.APPEND

    id = models.BigAutoField(primary_key=True)
    merge = models.ForeignKey(Merge, on_delete=models.PROTECT, related_name="items")
    model = models.CharField(max_length=60)
    field = models.CharField(max_length=30)
    row = models.CharField(max_length=40)
    did = models.CharField(max_length=6, choices=Did.choices)

    class Meta:
        db_table = "accountlife_merge_item"

    def __str__(self) -> str:
        return f"{self.model} {self.row}"


class ClosingState(words.TextChoices):
    """The life of a closing."""

    ASKED = "asked", "等待期"
    WITHDRAWN = "withdrawn", "已撤回"
    DONE = "done", "已注销"


class Closing(models.Model):
    """An account whose holder wants it gone; done once `due_at` has come and nothing is open."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField("账号")
    state = models.CharField("状态", max_length=10, choices=ClosingState.choices, default=ClosingState.ASKED)
    asked_at = models.DateTimeField("申请时间")
    due_at = models.DateTimeField("注销时间")
    blocked = models.CharField("未能注销的原因", max_length=200, blank=True, default="")
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        db_table = "accountlife_closing"
        constraints = [
            models.UniqueConstraint(fields=("account_id",), condition=Q(state="asked"), name="accountlife_closing_once")
        ]
        indexes = [
            models.Index(fields=("due_at",), condition=Q(state="asked"), name="accountlife_closing_due"),
            models.Index(fields=("-asked_at",), name="accountlife_closing_list"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Sealed(models.Model):
    """Who somebody was, kept for the law alone: found by no name, number or phone, opened with a reason, audited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="sealed")
    person_id = models.UUIDField("人员", null=True)
    content = EncryptedJSONField(purpose="accountlife.sealed")
    keep_until = models.DateField("保存至")
    sealed_at = models.DateTimeField("封存时间")

    class Meta:
        db_table = "accountlife_sealed"

    def __str__(self) -> str:
        return str(self.id)
