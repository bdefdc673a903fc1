"""Feedback, its thread and photographs (public schema).

What was said is history: entries and photographs are only ever added. Texts are sealed with the district's key, since
the district answers for feedback after a hospital has left.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from hub.ids import uuid7
from hub.security.fields import EncryptedTextField
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class Category(models.TextChoices):
    """What it is about; deadlines are set by it."""

    SERVICE = "service", "就医服务"
    BOOKING = "booking", "预约挂号"
    PAYMENT = "payment", "缴费退费"
    PLATFORM = "platform", "平台使用"
    ADVICE = "advice", "意见建议"


class State(models.TextChoices):
    """How far it has come, in the words the resident reads."""

    SUBMITTED = "submitted", "已提交"
    IN_HAND = "in_hand", "办理中"
    ANSWERED = "answered", "已答复"
    FOLLOW_UP = "follow_up", "追问待答"
    CLOSED = "closed", "已关闭"


AWAITED = (State.SUBMITTED, State.IN_HAND, State.FOLLOW_UP)
"""States in which the resident waits for somebody."""


class Side(models.TextChoices):
    """Who speaks in the thread."""

    RESIDENT = "resident", "居民"
    STAFF = "staff", "管理方"
    SYSTEM = "system", "系统"


class Kind(models.TextChoices):
    """What an entry of the thread is."""

    SUBMISSION = "submission", "提交反馈"
    ADDITION = "addition", "追加"
    TAKEN = "taken", "开始办理"
    REPLY = "reply", "答复"
    ESCALATED = "escalated", "超时升级"
    CLOSED = "closed", "关闭"


class Feedback(InstitutionRow):
    """One item; `institution_code` is empty where it is about no hospital, and only the district sees it."""

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.CharField("编号", max_length=28, unique=True)
    account_id = models.UUIDField()
    booking_id = models.UUIDField("所涉预约", null=True)
    category = models.CharField("类别", max_length=10, choices=Category.choices)
    state = models.CharField("状态", max_length=10, choices=State.choices)
    handler_name = models.CharField("经办人", max_length=60, blank=True, default="")
    created_at = models.DateTimeField("提交时间")
    updated_at = models.DateTimeField("最近变化")
    due_at = models.DateTimeField("应答复时间", null=True)
    escalated_at = models.DateTimeField("超时升级时间", null=True)
    closed_at = models.DateTimeField("关闭时间", null=True)
    rating = models.PositiveSmallIntegerField("评价（1-5）", null=True)
    rating_text = EncryptedTextField(purpose="feedback.rating", null=True)
    rated_at = models.DateTimeField("评价时间", null=True)

    class Meta:
        db_table = "feedback_item"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True) | models.Q(rating__range=(1, 5), state="closed"),
                name="feedback_rating_after_close",
            ),
        ]
        indexes = [
            models.Index(fields=["account_id", "-created_at", "-id"], name="feedback_account"),
            models.Index(fields=["-created_at", "-id"], name="feedback_newest"),
            models.Index(fields=["institution_code", "-created_at", "-id"], name="feedback_institution"),
            models.Index(
                fields=["due_at"],
                name="feedback_due",
                condition=models.Q(due_at__isnull=False, escalated_at__isnull=True),
            ),
        ]


class Entry(InstitutionRow):
    """One thing said or done in a thread; `author_name` is what everybody reads, never a resident's real name."""

    grant: ClassVar[Grant] = Grant.APPEND

    id = models.UUIDField(primary_key=True, editable=False)
    feedback = models.ForeignKey(Feedback, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    side = models.CharField(max_length=8, choices=Side.choices)
    author_name = models.CharField(max_length=60)
    text = EncryptedTextField(purpose="feedback.text")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "feedback_entry"
        indexes = [models.Index(fields=["feedback", "created_at", "id"], name="feedback_entry_thread")]


class Photo(InstitutionRow):
    """A photograph of an entry: re-encoded, sealed in the object store; this row is what opens it."""

    grant: ClassVar[Grant] = Grant.APPEND
    staff_grant: ClassVar[Grant] = Grant.RO

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="photos")
    position = models.PositiveSmallIntegerField()
    object_key = models.CharField(max_length=80, unique=True)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    suite = models.CharField(max_length=20)
    wrapped_key = models.BinaryField()

    class Meta:
        db_table = "feedback_photo"
        constraints = [models.UniqueConstraint(fields=["entry", "position"], name="feedback_photo_place")]


class Deadline(models.Model):
    """Within how many hours feedback of a category is answered; the district changes it, the newest row counts."""

    grant: ClassVar[Grant] = Grant.APPEND
    staff_grant: ClassVar[Grant] = Grant.NONE

    category = models.CharField(max_length=10, choices=Category.choices)
    hours = models.PositiveSmallIntegerField()
    set_by_name = models.CharField(max_length=60)
    set_at = models.DateTimeField()

    class Meta:
        db_table = "feedback_deadline"
        indexes = [models.Index(fields=["category", "-id"], name="feedback_deadline_newest")]
