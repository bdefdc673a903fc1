"""Practitioners of the district: figures, reviews, followers; and the words that lead to a department."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.tenancy.grants import Grant


class Profile(models.Model):
    """What the internet hospital told of a practitioner; the figures are those of the events and reviews beside it.

    He is online until `online_until`: presence is a lease, renewed by the next word.
    """

    practitioner_id = models.UUIDField(primary_key=True)
    enquiries = models.PositiveIntegerField("咨询量", default=0)
    consultations = models.PositiveIntegerField("问诊量", default=0)
    reviews = models.PositiveIntegerField("评价数", default=0)
    positive_reviews = models.PositiveIntegerField("好评数", default=0)
    introduction = models.TextField("简介", blank=True, default="")
    introduced_at = models.DateTimeField(null=True)
    online_until = models.DateTimeField(null=True)
    presence_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "doctors_profile"
        verbose_name = "医生主页"
        verbose_name_plural = "医生主页"

    def __str__(self) -> str:
        return str(self.practitioner_id)


class EventKind(words.TextChoices):
    """What an internet hospital tells."""

    ENQUIRY = "enquiry", "咨询"
    CONSULTATION = "consultation", "问诊"
    REVIEW = "review", "评价"
    REVIEW_WITHDRAWN = "review_withdrawn", "评价撤回"
    PRESENCE = "presence", "在线状态"
    INTRODUCTION = "introduction", "简介"


class DoctorEvent(models.Model):
    """One event taken, once by (incarnation, event_id): the record the counters are counted from."""

    incarnation = models.CharField(max_length=40)
    event_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    practitioner_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()

    grant = Grant.APPEND

    class Meta:
        db_table = "doctors_event"
        constraints = [models.UniqueConstraint(fields=("incarnation", "event_id"), name="doctors_event_once")]
        indexes = [models.Index(fields=("practitioner_id", "kind"), name="doctors_event_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class Review(models.Model):
    """A patient's word on a practitioner. Who wrote it is not known here."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review_id = models.CharField(max_length=64, unique=True)
    practitioner_id = models.UUIDField()
    rating = models.PositiveSmallIntegerField("星级")
    text = models.TextField("评价", blank=True, default="")
    written_at = models.DateTimeField()
    told_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "doctors_review"
        constraints = [
            models.CheckConstraint(condition=models.Q(rating__range=(1, 5)), name="doctors_review_stars"),
        ]
        indexes = [
            models.Index(
                fields=("practitioner_id", "-written_at", "-id"),
                name="doctors_review_newest",
                condition=models.Q(withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rating}★ {self.review_id}"


class Follow(models.Model):
    """That an account follows a practitioner; unfollowing takes the row away."""

    account_id = models.UUIDField()
    practitioner_id = models.UUIDField()
    followed_at = models.DateTimeField()

    class Meta:
        db_table = "doctors_follow"
        constraints = [
            models.UniqueConstraint(fields=("practitioner_id", "account_id"), name="doctors_follow_once"),
        ]
        indexes = [models.Index(fields=("account_id", "-id"), name="doctors_follow_mine")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.practitioner_id}"


class Symptom(models.Model):
    """A disease or symptom as people say it, and the departments it leads to, best first."""

    word = models.CharField("词", max_length=30, unique=True)
    kind = models.CharField("类别", max_length=8, choices=[("symptom", "症状"), ("disease", "疾病")])
    aliases = models.JSONField("别名", default=list)
    departments = models.JSONField("科室", default=list)
    reason = models.CharField("为什么", max_length=120)
    is_urgent = models.BooleanField("可能危急", default=False)
    is_active = models.BooleanField(default=True)
    is_edited = models.BooleanField("已由人员修改", default=False)

    class Meta:
        db_table = "doctors_symptom"
        verbose_name = "症状与疾病"
        verbose_name_plural = "症状与疾病"

    def __str__(self) -> str:
        return self.word


class Reminder(models.Model):
    """That an account wants to hear once when a department, or one doctor of it, has numbers to book (WX-APPT-14)."""

    account_id = models.UUIDField()
    department_id = models.UUIDField()
    doctor_id = models.UUIDField(null=True)
    set_at = models.DateTimeField()
    until = models.DateField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "doctors_reminder"
        constraints = [
            models.UniqueConstraint(
                fields=("account_id", "department_id", "doctor_id"),
                condition=models.Q(told_at__isnull=True),
                nulls_distinct=False,
                name="doctors_reminder_once",
            )
        ]
        indexes = [
            models.Index(
                fields=("department_id",), condition=models.Q(told_at__isnull=True), name="doctors_reminder_open"
            ),
            models.Index(fields=("account_id", "-id"), name="doctors_reminder_mine"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.department_id}"
