"""Referrals: one row with the hospital that refers, one with the hospital that is to see the patient."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.security.fields import EncryptedTextField
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class State(words.TextChoices):
    """What became of the wish, and then of its booking. Why a resident cancels is between him and that hospital."""

    ASKED = "asked", "正在占号"
    DONE = "done", "已约好"
    REFUSED = "refused", "没有约上"
    SEEN = "seen", "已就诊"
    CANCELLED = "cancelled", "已取消"
    STOPPED = "stopped", "医院停诊"
    LOST = "lost", "号未保留"


ENDED_UNSEEN = (State.CANCELLED, State.STOPPED, State.LOST)
"""The patient had a number and has none any more."""


class Referral(InstitutionRow):
    """A wish of this hospital's staff; its id is the booking's.

    `current_id`: the booking that stands for it now, after a rescheduling another one. `wanted_at`: when the chosen
    number of the share begins.
    """

    staff_grant = Grant.RW

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField("人员")
    archive_id = models.UUIDField("本院档案")
    to_code = models.CharField("转往机构", max_length=32)
    session_id = models.UUIDField("排班")
    department_name = models.CharField("科室", max_length=60)
    doctor_name = models.CharField("医生", max_length=60, blank=True)
    visit_date = models.DateField("就诊日期")
    fee_fen = models.PositiveIntegerField("挂号费")
    family_doctor = models.CharField("签约医生", max_length=60)
    note = EncryptedTextField(purpose="referrals.note", owner="institution_code")
    wanted_at = models.DateTimeField("想要的时间")
    current_id = models.UUIDField("现在的预约", null=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.ASKED)
    reason = models.CharField("原因", max_length=120, blank=True, default="")
    starts_at = models.DateTimeField("就诊时间", null=True)
    sequence = models.PositiveIntegerField("序号", null=True)
    asked_by = models.UUIDField("转诊人")
    asked_by_name = models.CharField("转诊人姓名", max_length=60)
    asked_at = models.DateTimeField("转诊时间")
    ended_at = models.DateTimeField("办结时间", null=True)

    class Meta:
        db_table = "referrals_referral"
        indexes = [
            models.Index(fields=("institution_code", "-id"), name="referral_list"),
            models.Index(fields=("person_id",), name="referral_person"),
        ]

    def __str__(self) -> str:
        return f"{self.id}:{self.state}"


class Received(InstitutionRow):
    """Who sent a patient here, and with which words; beside the booking of the same id, and as it stands now."""

    staff_grant = Grant.RO

    booking_id = models.UUIDField(primary_key=True)
    from_code = models.CharField("转来机构", max_length=32)
    family_doctor = models.CharField("签约医生", max_length=60)
    note = EncryptedTextField(purpose="referrals.note", owner="institution_code")
    asked_by_name = models.CharField("转诊人姓名", max_length=60)
    made_at = models.DateTimeField("转来时间")
    current_id = models.UUIDField("现在的预约")
    person_id = models.UUIDField("人员")
    department_id = models.UUIDField("科室代号")
    department_name = models.CharField("科室", max_length=60)
    doctor_name = models.CharField("医生", max_length=60, blank=True)
    visit_date = models.DateField("就诊日期")
    starts_at = models.DateTimeField("就诊时间")
    sequence = models.PositiveIntegerField("序号", null=True)
    state = models.CharField("状态", max_length=10, choices=State)
    reason = models.CharField("原因", max_length=120, blank=True, default="")

    class Meta:
        db_table = "referrals_received"
        indexes = [
            models.Index(fields=("institution_code", "-booking_id"), name="referral_received_list"),
            models.Index(fields=("current_id",), name="referral_received_current"),
        ]

    def __str__(self) -> str:
        return str(self.booking_id)
