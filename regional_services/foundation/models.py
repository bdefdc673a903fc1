"""What is to be handed over, whether somebody is at it, and which master data the foundation was last told."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from hub import words


class EntryState(words.TextChoices):
    """What became of an entry. Without a definite answer it waits on."""

    WAITING = "waiting", "待送"
    ACCEPTED = "accepted", "已接收"
    REJECTED = "rejected", "被拒收"


class Entry(models.Model):
    """One event: `body` is the whole CloudEvent as it is sent; `id` is the order of sending."""

    event_id = models.UUIDField("事件编号", unique=True)
    subject = models.CharField("对象", max_length=100)
    kind = models.CharField("事件", max_length=40)
    body = models.JSONField("内容", encoder=DjangoJSONEncoder)
    state = models.CharField("状态", max_length=10, choices=EntryState.choices, default=EntryState.WAITING)
    reason = models.CharField("拒收原因", max_length=200, blank=True, default="")
    stored_at = models.DateTimeField("记下时间")
    answered_at = models.DateTimeField("应答时间", null=True)

    class Meta:
        db_table = "foundation_entry"
        indexes = [
            models.Index(fields=("id",), condition=Q(state="waiting"), name="foundation_entry_waiting"),
            models.Index(fields=("subject", "id"), name="foundation_entry_subject"),
            models.Index(fields=("stored_at",), name="foundation_entry_stored"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Line(models.Model):
    """The one line of sending: awake from the first waiting entry until a sender has found no more."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    is_awake = models.BooleanField(default=False)
    tried_at = models.DateTimeField("最近一次发送", null=True)

    class Meta:
        db_table = "foundation_line"

    def __str__(self) -> str:
        return "awake" if self.is_awake else "asleep"


class Told(models.Model):
    """A master record as the foundation was last told: `digest` of its content, to see whether it changed."""

    subject = models.CharField("对象", max_length=100, primary_key=True)
    digest = models.CharField("摘要", max_length=64)

    class Meta:
        db_table = "foundation_told"

    def __str__(self) -> str:
        return self.subject
