"""Queues of a hospital: one for each session, an entry for each person waiting, a row for each call.

There is no stored order: it follows from rows by `ordering`. Who is called is decided by one guarded UPDATE of his
entry, so that rooms sharing a queue never call one person twice.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from hub.ids import uuid7
from hub.tenancy.grants import Grant
from tenants.queueing.rules import Priority


class RuleSet(models.Model):
    """The rules that hold from an instant on; a past set is never changed."""

    grant: ClassVar[Grant] = Grant.APPEND

    id = models.BigAutoField(primary_key=True)
    effective_from = models.DateTimeField()
    rules = models.JSONField()
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "queueing_rules"
        indexes = [models.Index(fields=["-effective_from", "-id"], name="ix_queueing_rules_newest")]


class QueueState(models.TextChoices):
    """Whether a queue is being called."""

    OPEN = "open", "候诊"
    PAUSED = "paused", "暂停"
    CLOSED = "closed", "结束"


class Queue(models.Model):
    """The waiting line of one session: of a doctor and his room, or of a department's rota.

    `turn` counts calls, `run` the emergencies called in a row. `history_*` is the doctor's usual pace in seconds, as
    known when the queue was made. `held_seconds` is how long it was paused in all.
    """

    grant: ClassVar[Grant] = Grant.RW

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session_id = models.UUIDField()
    department_id = models.UUIDField()
    doctor_id = models.UUIDField(null=True)
    doctor_name = models.CharField(max_length=50, blank=True, default="")
    department_name = models.CharField(max_length=60)
    sensitive = models.BooleanField(default=False)
    day = models.DateField()
    period = models.CharField(max_length=10)
    room = models.CharField(max_length=60, blank=True, default="")
    campus_code = models.CharField(max_length=20, blank=True, default="")
    starts_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=QueueState, default=QueueState.OPEN)
    pause_reason = models.CharField(max_length=60, blank=True, default="")
    paused_at = models.DateTimeField(null=True)
    held_seconds = models.PositiveIntegerField(default=0)
    turn = models.PositiveIntegerField(default=0)
    run = models.PositiveIntegerField(default=0)
    history_mean = models.FloatField()
    history_deviation = models.FloatField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "queueing_queue"
        constraints = [models.UniqueConstraint(fields=["session_id"], name="uq_queueing_queue_session")]
        indexes = [models.Index(fields=["day", "state"], name="ix_queueing_queue_day")]


class EntryState(models.TextChoices):
    """Where somebody in a queue stands."""

    WAITING = "waiting", "候诊中"
    CALLED = "called", "已叫号"
    INSIDE = "inside", "就诊中"
    AWAY = "away", "检查中"
    PASSED = "passed", "已过号"
    DONE = "done", "已就诊"
    LEFT = "left", "已退出"


ACTIVE = (EntryState.CALLED, EntryState.INSIDE)
IN_LINE = (EntryState.WAITING, *ACTIVE, EntryState.AWAY, EntryState.PASSED)


class PresentBy(models.TextChoices):
    """How it is known that somebody is there."""

    AUTOMATIC = "auto", "自动"
    SELF = "self", "本人"
    DESK = "desk", "前台"
    KIOSK = "kiosk", "自助机"
    CALLED = "called", "已应答"


class Entry(models.Model):
    """One person in one queue. Checked in is that the row exists; present is `present_at` (practice 14).

    `booking_id` is the appointment's, null for a patient of the hospital's own window. `not_before` is the turn before
    which he is not called. `station` is the room that calls him. `pass_id` names the last passing over.
    """

    grant: ClassVar[Grant] = Grant.RW

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="entries")
    booking_id = models.UUIDField(null=True)
    archive_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    ticket = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField()
    booked = models.DateTimeField()
    booked_end = models.DateTimeField()
    priority = models.CharField(
        max_length=12, choices=[(kind.value, kind.text) for kind in Priority], blank=True, default=""
    )
    is_followup = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=EntryState, default=EntryState.WAITING)
    present_at = models.DateTimeField(null=True)
    present_by = models.CharField(max_length=8, choices=PresentBy, blank=True, default="")
    was_late = models.BooleanField(default=False)
    not_before = models.PositiveIntegerField(default=0)
    missed = models.PositiveSmallIntegerField(default=0)
    pass_id = models.UUIDField(null=True)
    pass_reason = models.CharField(max_length=10, blank=True, default="")
    station = models.CharField(max_length=60, blank=True, default="")
    call_id = models.UUIDField(null=True)
    called_at = models.DateTimeField(null=True)
    calls = models.PositiveSmallIntegerField(default=0)
    inside_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "queueing_entry"
        constraints = [
            models.UniqueConstraint(
                fields=["booking_id"], condition=Q(booking_id__isnull=False), name="uq_queueing_entry_booking"
            ),
            models.UniqueConstraint(
                fields=["queue", "station"], condition=Q(state__in=ACTIVE), name="uq_queueing_entry_station"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=ACTIVE) | Q(called_at__isnull=False), name="ck_queueing_entry_called"
            ),
        ]
        indexes = [models.Index(fields=["person_id", "-booked"], name="ix_queueing_entry_person")]


class CallKind(models.TextChoices):
    """What was cried out."""

    FIRST = "first", "叫号"
    AGAIN = "again", "重呼"


class Call(models.Model):
    """One call of one entry, and how it ended: the history people ask for when somebody says he was not called."""

    grant: ClassVar[Grant] = Grant.RW

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", db_index=False)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=CallKind)
    station = models.CharField(max_length=60)
    called_by = models.CharField(max_length=60)
    at = models.DateTimeField()
    unanswered_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "queueing_call"
        indexes = [
            models.Index(fields=["queue", "-at"], name="ix_queueing_call_queue"),
            models.Index(fields=["entry", "-at"], name="ix_queueing_call_entry"),
        ]


class DeviceKind(models.TextChoices):
    """What a device is for: one kind's link opens nothing of another's."""

    HALL = "hall", "候诊屏"
    KIOSK = "kiosk", "签到机"


class Device(models.Model):
    """A waiting hall's screen, or a machine to check in at, that works by a signed link instead of a sign-in.

    Withdrawing it ends the link at once. `departments` are the ids whose queues it shows or serves; none means all of
    the hospital.
    """

    grant: ClassVar[Grant] = Grant.RW

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=DeviceKind, default=DeviceKind.HALL)
    name = models.CharField(max_length=40)
    departments = models.JSONField(default=list)
    sound = models.BooleanField(default=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "queueing_device"
