"""Applications for manual review, the photographs they rest on, and what reviewers decided (JA-IDV, public schema)."""

from __future__ import annotations

from django.db import models

from hub.ids import uuid7
from hub.security.fields import EncryptedJSONField, EncryptedTextField
from hub.storage.objects import StoredObject
from hub.tenancy.grants import Grant


class State(models.TextChoices):
    """The life of an application. An appeal makes a rejected one pending again."""

    DRAFT = "draft", "填写中"
    PENDING = "pending", "待审核"
    APPROVED = "approved", "已通过"
    REJECTED = "rejected", "未通过"
    DROPPED = "dropped", "已放弃"


FILED = (State.PENDING, State.APPROVED, State.REJECTED)
"""The states of what was submitted: reviewers list these and statistics count these."""


class Reason(models.TextChoices):
    """Why an application is rejected; the resident reads the label."""

    UNCLEAR = "unclear", "照片不清楚，无法辨认"
    MISMATCH = "mismatch", "填写内容与证件不一致"
    NOT_GENUINE = "not_genuine", "疑似翻拍、复印件或经过修改"
    EXPIRED = "expired", "证件已过有效期"
    WRONG_DOCUMENT = "wrong_document", "不是居民身份证"
    OTHER = "other", "其他原因"


class Application(models.Model):
    """One resident's request to have his name checked by a person.

    `fields` is what the resident confirmed: name, sex, ethnicity, birth_date, address, number, authority, valid_from,
    valid_until (ISO dates, "long" without an end). `held_*` is the reviewer's lease.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField("账号")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    consents = models.JSONField("同意的授权", default=list)
    fields = EncryptedJSONField(purpose="idverify.fields")
    opened_at = models.DateTimeField("开始时间")
    submitted_at = models.DateTimeField("提交时间", null=True)
    appeal = EncryptedTextField(purpose="idverify.appeal", blank=True)
    appealed_at = models.DateTimeField("申诉时间", null=True)
    held_by = models.UUIDField("审核中", null=True)
    held_by_name = models.CharField("审核中", max_length=60, blank=True, default="")
    held_until = models.DateTimeField("占用至", null=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    decided_by = models.UUIDField("审核人", null=True)
    decided_by_name = models.CharField("审核人", max_length=60, blank=True, default="")
    reason = models.CharField("原因", max_length=16, choices=Reason.choices, blank=True, default="")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    pictures_deleted_at = models.DateTimeField("照片删除时间", null=True)

    class Meta:
        verbose_name = "实名人工审核"
        verbose_name_plural = "实名人工审核"
        constraints = [
            models.UniqueConstraint(
                fields=("account_id",), condition=models.Q(state__in=("draft", "pending")), name="idverify_one_open"
            ),
        ]
        indexes = [
            models.Index(fields=("account_id", "-opened_at"), name="idverify_account"),
            models.Index(fields=("state", "submitted_at"), name="idverify_list"),
            models.Index(fields=("submitted_at",), name="idverify_filed"),
        ]

    def __str__(self) -> str:
        return f"{self.id}:{self.state}"


class Side(models.TextChoices):
    """The two sides of a card, in the order they are photographed."""

    FRONT = "front", "人像面"
    BACK = "back", "国徽面"


class PhotoState(models.TextChoices):
    """What became of reading a photograph. KEPT: the resident types what could not be read."""

    READING = "reading", "正在识别"
    READ = "read", "已识别"
    UNREADABLE = "unreadable", "未能识别"
    KEPT = "kept", "手工填写"


class Photo(models.Model):
    """One photograph; a new one of the same side replaces it. `found` is {field: [text, score 0-1]} as read."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="photos")
    side = models.CharField("面", max_length=6, choices=Side.choices)
    is_current = models.BooleanField("当前", default=True)
    state = models.CharField("状态", max_length=10, choices=PhotoState.choices, default=PhotoState.READING)
    problem = models.CharField("问题", max_length=60, blank=True, default="")
    found = EncryptedJSONField(purpose="idverify.found")
    object_key = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    suite = models.CharField(max_length=20)
    wrapped_key = models.BinaryField()
    taken_at = models.DateTimeField("拍摄时间")
    read_at = models.DateTimeField("识别时间", null=True)
    deleted_at = models.DateTimeField("删除时间", null=True)

    class Meta:
        verbose_name = "证件照片"
        verbose_name_plural = "证件照片"
        constraints = [
            models.UniqueConstraint(
                fields=("application", "side"), condition=models.Q(is_current=True), name="idverify_photo_current"
            ),
        ]
        indexes = [
            models.Index(fields=("taken_at",), condition=models.Q(state="reading"), name="idverify_photo_reading"),
            models.Index(fields=("taken_at",), condition=models.Q(deleted_at__isnull=True), name="idverify_photo_held"),
        ]

    def __str__(self) -> str:
        return f"{self.side}:{self.id}"

    @property
    def stored(self) -> StoredObject:
        """What opens the picture."""
        return StoredObject(
            key=self.object_key,
            content_type=self.content_type,
            size=self.size,
            sha256=self.sha256,
            suite=self.suite,
            wrapped_key=bytes(self.wrapped_key),
        )


class Decision(models.Model):
    """One reviewer's word; the first and the one on an appeal are both kept."""

    grant = Grant.APPEND

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField("结果", max_length=10, choices=State.choices)
    reason = models.CharField("原因", max_length=16, choices=Reason.choices, blank=True, default="")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    is_appeal = models.BooleanField("申诉")
    reviewer_id = models.UUIDField("审核人")
    reviewer_name = models.CharField("审核人", max_length=60)
    decided_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "审核记录"
        verbose_name_plural = "审核记录"

    def __str__(self) -> str:
        return f"{self.application_id}:{self.outcome}"
