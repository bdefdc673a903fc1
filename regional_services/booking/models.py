"""Bookings: one row per booking owns the process from the first tap to the visit (kernel decision 4).

The number's truth is the hospital's appointment, the money's truth is payments; this row says what comes next.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Right

from hub import words
from hub.ids import uuid7
from hub.synthetic import ACCOUNT
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class State(words.TextChoices):
    """Where the process stands; docs/FLOW.md has the table of state x event."""

    NEW = "new", "处理中"
    LOCKING = "locking", "医院确认中"
    AWAITING_PAYMENT = "awaiting_payment", "待支付"
    CONFIRMING = "confirming", "确认中"
    BOOKED = "booked", "预约成功"
    CLOSING = "closing", "关闭中"
    CANCELLING = "cancelling", "取消中"
    CANCELLED = "cancelled", "已取消"
    EXPIRED = "expired", "已过期"
    STOPPED = "stopped", "医院停诊"
    FAILED = "failed", "未成功"
    FULFILLED = "fulfilled", "已就诊"


class Settlement(words.TextChoices):
    """The second axis (practice 10): what the resident sees of the money (JA-APPT-11)."""

    FREE = "free", "无需支付"
    UNPAID = "unpaid", "未支付"
    PAID = "paid", "已支付"
    REFUNDING = "refunding", "退款中"
    REFUNDED = "refunded", "已退款"
    REFUND_FAILED = "refund_failed", "退款处理中"
    MOVED = "moved", "已转入改约"


SETTLED = frozenset({Settlement.FREE, Settlement.PAID})  # nothing is owed: the patient may go in


class His(words.TextChoices):
    """What is known of the registration inside the hospital's own system."""

    PENDING = "pending", "等待医院登记"
    LOCKED = "locked", "医院已锁号"
    REGISTERED = "registered", "医院已登记"


class Pricing(words.TextChoices):
    """Where the price comes from (practice 11): the list, the hospital's quote for this person, or its revisit rule."""

    LIST = "list", "挂牌价"
    AWAITED = "awaited", "医院核价中"
    QUOTED = "quoted", "医院核价"
    UNANSWERED = "unanswered", "医院未及时核价，按挂牌价"
    REVISIT = "revisit", "复诊优惠"


class Moving(words.TextChoices):
    """A booking that takes the place of an earlier one (改约): the old number goes back last."""

    NO = "", "不是改约"
    TAKING = "taking", "改约中"
    TAKEN = "taken", "改约而来"
    UNDONE = "undone", "改约未成"


class CountedManager(models.Manager["Booking"]):
    """Bookings of people: what figures, lists and reports count. The synthetic resident's are in `objects` alone."""

    def get_queryset(self) -> models.QuerySet[Booking]:
        """Without the synthetic resident's."""
        return super().get_queryset().exclude(account_id=ACCOUNT)


class Booking(InstitutionRow):
    """One booking of one number. Names are snapshots for lists; the hospital's rows stay the truth.

    Rescheduled, it is `replaced_by` a booking that `replaces` it; `chain` is the first of them all. What was paid for
    the one (`lent_fen`) counts for the other (`carried_fen`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    number = models.CharField(max_length=28)
    account_id = models.UUIDField()
    person_id = models.UUIDField()
    session_id = models.UUIDField()
    number_id = models.UUIDField()
    department_id = models.UUIDField()
    department_name = models.CharField(max_length=60)
    doctor_name = models.CharField(max_length=60, blank=True)
    visit_date = models.DateField()
    sequence = models.PositiveIntegerField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    fee_fen = models.PositiveIntegerField()
    list_fee_fen = models.PositiveIntegerField()
    pricing = models.CharField(max_length=12, choices=Pricing)
    discount = models.CharField(max_length=60, blank=True, default="")
    quote_valid_until = models.DateTimeField(null=True)
    revisit_of = models.UUIDField(null=True)
    pay_on_day = models.BooleanField()
    his_locked = models.BooleanField()
    channel = models.CharField(max_length=8, default="app")
    state = models.CharField(max_length=18, choices=State)
    settlement = models.CharField(max_length=16, choices=Settlement)
    his = models.CharField(max_length=12, choices=His, default=His.PENDING)
    wish = models.CharField(max_length=18, choices=State, blank=True, default="")
    reason = models.CharField(max_length=120, blank=True, default="")
    refusal = models.CharField(max_length=24, blank=True, default="")
    order_id = models.UUIDField(null=True)
    moving = models.CharField(max_length=8, choices=Moving, blank=True, default=Moving.NO)
    moved_times = models.PositiveSmallIntegerField(default=0)
    replaces = models.UUIDField(null=True)
    replaced_by = models.UUIDField(null=True)
    chain = models.UUIDField(null=True)
    carried_fen = models.PositiveIntegerField(default=0)
    lent_fen = models.PositiveIntegerField(default=0)
    pay_deadline = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Booking]] = models.Manager()
    counted: ClassVar[CountedManager] = CountedManager()

    class Meta:
        db_table = "booking"
        constraints = [models.UniqueConstraint(fields=["number"], name="uq_booking_number")]
        indexes = [
            models.Index(fields=["account_id", "-created_at", "-id"], name="ix_booking_account"),
            models.Index(fields=["person_id", "-starts_at"], name="ix_booking_person"),
            models.Index(fields=["institution_code", "visit_date"], name="ix_booking_institution_day"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="ix_booking_due"),
            models.Index(fields=["created_at"], name="ix_booking_created"),
            models.Index(fields=["chain"], condition=Q(chain__isnull=False), name="ix_booking_chain"),
            models.Index(Right("number", 8), name="ix_booking_spoken"),
        ]


class During(Func):
    """tstzrange(starts_at, ends_at), half open."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Reservation(models.Model):
    """A person's time, taken over all hospitals before any hospital's number (practice 12).

    `ordinal` is the place among the person's bookings of that day, 1 to the limit: two racing bookings can't both
    take the last place, because the place is unique. Bookings of one `chain` of reschedulings may overlap: the old
    visit's time is still taken while the new one's is; on the same day the new one's place is the old one's and 100
    until the old one is given back.
    """

    booking_id = models.UUIDField(primary_key=True)
    person_id = models.UUIDField()
    visit_date = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ordinal = models.PositiveSmallIntegerField()
    chain = models.UUIDField()
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "booking_reservation"
        constraints = [
            ExclusionConstraint(
                name="ex_reservation_overlap",
                index_type="gist",
                expressions=[
                    (F("person_id"), RangeOperators.EQUAL),
                    (During("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                    (F("chain"), RangeOperators.NOT_EQUAL),
                ],
                condition=Q(active=True),
            ),
            models.UniqueConstraint(
                fields=["person_id", "visit_date", "ordinal"], condition=Q(active=True), name="uq_reservation_ordinal"
            ),
        ]


class ChangeState(words.TextChoices):
    """What the resident said to a change of his visit."""

    ASKED = "asked", "等您答复"
    STAYED = "stayed", "接受新安排"
    LEFT = "left", "已退出"
    LAPSED = "lapsed", "未答复，按新安排"


class BookingChange(InstitutionRow):
    """A visit that takes place otherwise than booked: what is new, what was, and what the resident said (practice 13).

    Until he answers, or the visit begins, he may leave free of charge; who stays gets the difference back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    booking_id = models.UUIDField()
    state = models.CharField(max_length=8, choices=ChangeState, default=ChangeState.ASKED)
    reason = models.CharField(max_length=120)
    doctor_name = models.CharField(max_length=60, blank=True)
    was_doctor_name = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=130, blank=True)
    was_place = models.CharField(max_length=130, blank=True)
    starts_at = models.DateTimeField()
    was_starts_at = models.DateTimeField()
    difference_fen = models.PositiveIntegerField(default=0)
    overlaps = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "booking_change"
        constraints = [
            models.UniqueConstraint(
                fields=["booking_id"], condition=Q(state=ChangeState.ASKED), name="uq_booking_change_open"
            )
        ]
        indexes = [
            models.Index(fields=["booking_id", "asked_at"], name="ix_booking_change_booking"),
            models.Index(fields=["starts_at"], condition=Q(state=ChangeState.ASKED), name="ix_booking_change_due"),
        ]


class RebookingRight(InstitutionRow):
    """Who lost a visit by a closure may book in that department before its numbers are opened to others, once."""

    booking_id = models.UUIDField(primary_key=True)
    person_id = models.UUIDField()
    department_id = models.UUIDField()
    until = models.DateField()
    used_by = models.UUIDField(null=True)

    staff_grant = Grant.NONE

    class Meta:
        db_table = "booking_rebooking_right"
        indexes = [
            models.Index(
                fields=["person_id", "department_id"],
                condition=Q(used_by__isnull=True),
                name="ix_rebooking_right_open",
            )
        ]


class BookingStep(InstitutionRow):
    """The history of a booking: each change of either axis, by whom and why (shown to residents and staff)."""

    id = models.BigAutoField(primary_key=True)
    booking_id = models.UUIDField()
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=60)
    what = models.CharField(max_length=40)
    state = models.CharField(max_length=18)
    settlement = models.CharField(max_length=16)
    reason = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        db_table = "booking_step"
        indexes = [models.Index(fields=["booking_id", "id"], name="ix_booking_step_booking")]


class Cause(words.TextChoices):
    """What came back from an earlier day."""

    HUB = "hub", "平台中该机构的数据恢复"
    HIS = "his", "医院系统恢复"
    PUBLIC = "public", "平台公共数据恢复"


class ResyncState(words.TextChoices):
    """How far a comparison has come."""

    RUNNING = "running", "核对中"
    WAITING = "waiting", "等待医院系统"
    DONE = "done", "已完成"


class ResyncRun(InstitutionRow):
    """One comparison of a hospital's bookings and money with everybody's books (practice 20); resumed at `cursor`."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    cause = models.CharField(max_length=8, choices=Cause)
    since = models.DateTimeField()
    state = models.CharField(max_length=8, choices=ResyncState, default=ResyncState.RUNNING)
    cursor = models.UUIDField(null=True)
    compared = models.PositiveIntegerField(default=0)
    pushed = models.PositiveIntegerField(default=0)
    reversed = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")

    staff_grant = Grant.RO

    class Meta:
        db_table = "booking_resync_run"
        constraints = [
            models.UniqueConstraint(
                fields=["institution_code"], condition=~Q(state="done"), name="uq_resync_one_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["-started_at"], name="ix_resync_newest")]


class Outcome(words.TextChoices):
    """What a comparison did about one difference."""

    PUSHED = "pushed", "已补发"
    REVERSED = "reversed", "已冲回"
    HUMAN = "human", "待人工处理"


class ResyncItem(InstitutionRow):
    """One difference and what was done about it; those left for a person are closed by one, with a note."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    booking_id = models.UUIDField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    what = models.CharField(max_length=200)
    at = models.DateTimeField()
    closed_by = models.CharField(max_length=60, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    closing_note = models.CharField(max_length=200, blank=True, default="")

    staff_grant = Grant.RO

    class Meta:
        db_table = "booking_resync_item"
        constraints = [
            models.UniqueConstraint(
                fields=["run_id", "booking_id", "what"], nulls_distinct=False, name="uq_resync_item_once"
            ),
        ]
        indexes = [
            models.Index(fields=["run_id", "id"], name="ix_resync_item_run"),
            models.Index(
                fields=["institution_code", "id"],
                condition=Q(outcome="human", closed_at__isnull=True),
                name="ix_resync_item_open",
            ),
        ]
