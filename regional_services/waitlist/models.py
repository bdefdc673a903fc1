"""Places in line for full sessions: one row is one person's wish for any number of one session."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub import words
from hub.ids import uuid7
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class State(words.TextChoices):
    """Where a place in line stands."""

    WAITING = "waiting", "排队中"
    OFFERING = "offering", "正在占号"
    OFFERED = "offered", "有号，等您确认"
    TAKEN = "taken", "已确认"
    PASSED = "passed", "未按时确认"
    LEFT = "left", "已退出"
    ENDED = "ended", "没有等到"


OPEN = (State.WAITING, State.OFFERING, State.OFFERED)


class Entry(InstitutionRow):
    """One place. `offer_id` is the number's holder, and the id of the booking that accepting begins.

    `ordinal` is the place among the person's open entries, 1 to the limit; `until` is when he stops waiting; `due_at`
    is when the sweep must look at the row. `instead_of` is the booking a stop took, where reopening put him in line.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    account_id = models.UUIDField()
    person_id = models.UUIDField()
    session_id = models.UUIDField()
    department_name = models.CharField(max_length=60)
    doctor_name = models.CharField(max_length=60, blank=True)
    visit_date = models.DateField()
    fee_fen = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    ordinal = models.PositiveSmallIntegerField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=60, blank=True, default="")
    offer_id = models.UUIDField(null=True)
    number_id = models.UUIDField(null=True)
    sequence = models.PositiveIntegerField(null=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    offer_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    instead_of = models.UUIDField(null=True)
    joined_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    staff_grant = Grant.NONE

    class Meta:
        db_table = "waitlist_entry"
        constraints = [
            models.UniqueConstraint(
                fields=["session_id", "person_id"], condition=Q(state__in=OPEN), name="uq_waitlist_person_session"
            ),
            models.UniqueConstraint(
                fields=["person_id", "ordinal"], condition=Q(state__in=OPEN), name="uq_waitlist_ordinal"
            ),
            models.UniqueConstraint(
                fields=["session_id"], condition=Q(state=State.OFFERING), name="uq_waitlist_offering"
            ),
        ]
        indexes = [
            models.Index(fields=["session_id", "id"], condition=Q(state=State.WAITING), name="ix_waitlist_line"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="ix_waitlist_due"),
            models.Index(fields=["offer_id"], condition=Q(state=State.OFFERED), name="ix_waitlist_offer"),
            models.Index(fields=["account_id", "-id"], name="ix_waitlist_account"),
        ]
