"""Appointments of one hospital: the hospital's truth about who holds which number.

`regional_services/booking` owns the process; this table owns the number's side of it. An appointment's id is its
booking's id, so that every step can be repeated and gives the same answer (kernel decision 4).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Right

from hub import words
from hub.security.fields import EncryptedTextField
from hub.tenancy.grants import Grant


class State(words.TextChoices):
    """Where the appointment stands. HELD and BOOKED hold a number; the others hold none."""

    HELD = "held", "占号中"
    BOOKED = "booked", "已预约"
    RELEASED = "released", "已释放"
    CANCELLED = "cancelled", "已取消"
    STOPPED = "stopped", "停诊"
    FULFILLED = "fulfilled", "已就诊"


class Settlement(words.TextChoices):
    """Where the money stands, as the hospital needs to know it (practice 10: a second axis)."""

    FREE = "free", "免费"
    UNPAID = "unpaid", "未支付"
    PAID = "paid", "已支付"


class HisState(words.TextChoices):
    """What the hospital's own system is known to hold of this appointment."""

    NONE = "none", "未通知"
    LOCKING = "locking", "锁号中"
    LOCKED = "locked", "已锁号"
    REGISTERING = "registering", "登记中"
    REGISTERED = "registered", "已登记"
    REFUSED = "refused", "被拒绝"
    CANCELLING = "cancelling", "退号中"
    CANCELLED = "cancelled", "已退号"


ACTIVE = (State.HELD, State.BOOKED)


class Appointment(models.Model):
    """One person's claim on one number; practice 12 and JA-APPT-02.

    The three places are its ordinals among the person's appointments of the department and day, of the day, and of
    those whose visit is still to come; each place is unique, so that rivals can't both take the last one (`places`).
    `open_place` is 0 once the visit's time is over. Who reschedules holds two numbers for a moment: the appointment
    that `replaces` another has that one's place and 100 until it is given back.
    """

    grant: ClassVar[Grant] = Grant.RW

    id = models.UUIDField(primary_key=True)
    hub_number = models.CharField(max_length=28)
    person_id = models.UUIDField()
    archive_id = models.UUIDField()
    session_id = models.UUIDField()
    number_id = models.UUIDField()
    department_id = models.UUIDField()
    doctor_id = models.UUIDField(null=True)
    visit_date = models.DateField()
    sequence = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    fee_fen = models.PositiveIntegerField()
    quoted_fen = models.PositiveIntegerField(null=True)
    discount = models.CharField(max_length=60, blank=True, default="")
    quote_valid_until = models.DateTimeField(null=True)
    department_place = models.PositiveSmallIntegerField()
    day_place = models.PositiveSmallIntegerField()
    open_place = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State)
    settlement = models.CharField(max_length=8, choices=Settlement)
    his_state = models.CharField(max_length=12, choices=HisState, default=HisState.NONE)
    his_lock = models.CharField(max_length=64, blank=True, default="")
    his_registration = models.CharField(max_length=64, blank=True, default="")
    payment_number = models.CharField(max_length=32, blank=True, default="")
    cancel_round = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=120, blank=True, default="")
    channel = models.CharField(max_length=8, default="app")
    replaces = models.UUIDField(null=True)
    present_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "appointment"
        constraints = [
            models.UniqueConstraint(
                fields=["number_id"], condition=Q(state__in=ACTIVE), name="uq_appointment_active_number"
            ),
            models.UniqueConstraint(
                fields=["person_id", "department_id", "visit_date", "department_place"],
                condition=Q(state__in=ACTIVE),
                name="uq_appointment_department_place",
            ),
            models.UniqueConstraint(
                fields=["person_id", "visit_date", "day_place"],
                condition=Q(state__in=ACTIVE),
                name="uq_appointment_day_place",
            ),
            models.UniqueConstraint(
                fields=["person_id", "open_place"],
                condition=Q(state__in=ACTIVE, open_place__gt=0),
                name="uq_appointment_open_place",
            ),
            models.UniqueConstraint(fields=["hub_number"], name="uq_appointment_hub_number"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="ck_appointment_times"),
        ]
        indexes = [
            models.Index(fields=["visit_date", "state"], name="ix_appointment_day_state"),
            models.Index(fields=["session_id"], name="ix_appointment_session"),
            models.Index(fields=["person_id", "-visit_date"], name="ix_appointment_person"),
            models.Index(fields=["replaces"], condition=Q(replaces__isnull=False), name="ix_appointment_replaces"),
            models.Index(
                fields=["his_registration"], condition=~Q(his_registration=""), name="ix_appointment_registration"
            ),
            models.Index(Right("hub_number", 8), name="ix_appointment_spoken"),
        ]


class DeskState(words.TextChoices):
    """How far a desk's wish has come."""

    ASKED = "asked", "办理中"
    DONE = "done", "已办成"
    REFUSED = "refused", "未办成"


class DeskRequest(models.Model):
    """A booking the desk asks for on behalf of a person without a phone (practice 9); its id becomes the booking's.

    `person_id` names somebody this hospital knows; else the document shown at the desk says who it is.
    """

    grant: ClassVar[Grant] = Grant.RW

    id = models.UUIDField(primary_key=True)
    person_id = models.UUIDField(null=True)
    name = EncryptedTextField(purpose="patients.name", blank=True)
    document_type = models.CharField(max_length=4, blank=True, default="")
    document_number = EncryptedTextField(purpose="patients.document", blank=True)
    phone = EncryptedTextField(purpose="patients.phone", blank=True)
    sex = models.CharField(max_length=1, blank=True, default="")
    birth_date = models.DateField(null=True)
    session_id = models.UUIDField()
    number_id = models.UUIDField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    channel = models.CharField(max_length=8, default="window")
    state = models.CharField(max_length=8, choices=DeskState, default=DeskState.ASKED)
    reason = models.CharField(max_length=120, blank=True, default="")
    asked_by = models.UUIDField(null=True)
    asked_by_name = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "appointment_desk_request"
        indexes = [models.Index(fields=["-asked_at"], name="ix_desk_request_newest")]


class DailyList(models.Model):
    """The printable list of one day as stored at 06:00 (practice 22): the hospital works on with the hub down."""

    grant: ClassVar[Grant] = Grant.RW

    day = models.DateField(primary_key=True)
    object_key = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    suite = models.CharField(max_length=20)
    wrapped_key = models.BinaryField()
    rows = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "appointment_daily_list"
