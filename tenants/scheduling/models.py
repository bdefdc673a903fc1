"""Sessions of doctors and departments, and one row per bookable number (practice 18, DESIGN section 4).

There is no counter anywhere: what is free is what rows say is free, and a row is claimed by a guarded statement.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from hub import words
from hub.ids import uuid7

SLOT_LIMIT = timedelta(minutes=30)


class Period(words.TextChoices):
    """The part of the day a session belongs to."""

    MORNING = "am", "上午"
    AFTERNOON = "pm", "下午"
    EVENING = "night", "晚间"
    ALL_DAY = "day", "全天"


class SessionState(words.TextChoices):
    """Whether a session can be booked."""

    OPEN = "open", "开放"
    STOPPED = "stopped", "停诊"
    WITHDRAWN = "withdrawn", "撤回"


class Channel(words.TextChoices):
    """Who may take a number of a pool; a number without a pool is anybody's (shares of a release rule)."""

    APP = "app", "线上"
    WINDOW = "window", "窗口"
    FAMILY = "family", "家庭医生转诊"
    PRIORITY = "priority", "优先改约"


class Session(models.Model):
    """One stretch of consultation of a doctor (or of a department's rota) on one day.

    `told` is a digest of what the HIS said last: while it repeats itself, what the hospital decided here (a stop, a
    substitute, another room or time) stands; as soon as it says something else, its word counts again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    his_generation = models.PositiveIntegerField("HIS 代次", default=1)
    his_code = models.CharField("HIS 排班号", max_length=60)
    department_id = models.UUIDField("科室")
    doctor_id = models.UUIDField("医生", null=True, blank=True)
    doctor_name = models.CharField("医生姓名", max_length=50, blank=True, default="")
    date = models.DateField("日期")
    period = models.CharField("时段", max_length=10, choices=Period.choices)
    registration_level = models.CharField("号别", max_length=20, blank=True, default="")
    fee_fen = models.PositiveIntegerField("挂号费（分）")
    room = models.CharField("诊室", max_length=60, blank=True, default="")
    campus_code = models.CharField("院区", max_length=20, blank=True, default="")
    state = models.CharField("状态", max_length=10, choices=SessionState.choices, default=SessionState.OPEN)
    stop_reason = models.CharField("停诊原因", max_length=100, blank=True, default="")
    release_at = models.DateTimeField("放号时间", null=True, blank=True)
    shares_end_at = models.DateTimeField("份额合并时间", null=True, blank=True)
    told = models.CharField("来源摘要", max_length=64, blank=True, default="")
    shift_minutes = models.SmallIntegerField("平移分钟", default=0)
    source_at = models.DateTimeField("来源时间")
    synced_at = models.DateTimeField("同步时间")

    class Meta:
        verbose_name = "排班"
        verbose_name_plural = "排班"
        ordering = ("date", "period", "his_code")
        constraints = [models.UniqueConstraint(fields=("his_generation", "his_code"), name="session_his_code_unique")]
        indexes = [
            models.Index(fields=("date", "department_id"), name="session_by_day"),
            models.Index(fields=("doctor_id", "date"), name="session_by_doctor"),
            models.Index(
                fields=("shares_end_at",), condition=models.Q(shares_end_at__isnull=False), name="session_shares_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_period_display()} {self.doctor_name or self.his_code}"


class NumberState(words.TextChoices):
    """The life of a number."""

    FREE = "free", "可约"
    HELD = "held", "已占用"
    TAKEN = "taken", "已约"
    STOPPED = "stopped", "停诊"
    WITHDRAWN = "withdrawn", "已撤回"


class Number(models.Model):
    """One bookable number. `holder` is the booking's id; the unique constraint and the guard keep one to one.

    `is_gone` and `is_stopped` say what becomes of a held number when it is given back; `stopped_here` says that the
    hospital stopped it in the hub, so that a HIS that knows nothing of it does not open it again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="numbers", db_index=False)
    sequence = models.PositiveIntegerField("序号")
    start = models.DateTimeField("开始", db_column="starts_at")
    end = models.DateTimeField("结束", db_column="ends_at")
    state = models.CharField("状态", max_length=10, choices=NumberState.choices, default=NumberState.FREE)
    holder = models.UUIDField("持有者", null=True, blank=True)
    his_code = models.CharField("HIS 号序", max_length=60, blank=True, default="")
    is_extra = models.BooleanField("加号", default=False)
    is_gone = models.BooleanField("来源已撤", default=False)
    is_stopped = models.BooleanField("停诊中", default=False)
    stopped_here = models.BooleanField("本平台停诊", default=False)
    pool = models.CharField("份额", max_length=8, choices=Channel.choices, blank=True, default="")
    changed_at = models.DateTimeField("变更时间")

    class Meta:
        verbose_name = "号源"
        verbose_name_plural = "号源"
        ordering = ("session", "sequence")
        constraints = [
            models.UniqueConstraint(fields=("session", "sequence"), name="number_sequence_unique"),
            models.UniqueConstraint(fields=("holder",), name="number_holder_unique"),
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")) & models.Q(end__lte=models.F("start") + SLOT_LIMIT),
                name="number_at_most_30_minutes",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("held", "taken"), holder__isnull=False)
                | (~models.Q(state__in=("held", "taken")) & models.Q(holder__isnull=True)),
                name="number_holder_matches_state",
            ),
        ]
        indexes = [
            models.Index(fields=("session", "sequence"), condition=models.Q(state="free"), name="number_free"),
        ]

    def __str__(self) -> str:
        return f"第{self.sequence}号"


class ReleaseRule(models.Model):
    """When numbers are opened, and how many of a session for whom; for one department, or for all of them (null).

    It counts for visits from `valid_from` on, until a later rule of the same department takes its place. A number that
    still waits when `merge_hours` before the session begin is anybody's.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    department_id = models.UUIDField("科室", null=True, blank=True)
    valid_from = models.DateField("适用就诊日期起")
    days_ahead = models.PositiveSmallIntegerField("提前天数")
    hour = models.TimeField("放号时刻")
    window_share = models.PositiveSmallIntegerField("窗口份额%", default=0)
    family_share = models.PositiveSmallIntegerField("家庭医生份额%", default=0)
    merge_hours = models.PositiveSmallIntegerField("就诊前合并小时", default=24)
    ended_at = models.DateTimeField("撤销时间", null=True, blank=True)
    made_by = models.CharField("设定人", max_length=60)
    made_at = models.DateTimeField("设定时间")

    class Meta:
        verbose_name = "放号规则"
        verbose_name_plural = "放号规则"
        ordering = ("valid_from", "made_at")
        constraints = [
            models.UniqueConstraint(
                fields=("department_id", "valid_from"),
                condition=models.Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="release_rule_once_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(window_share__lte=100 - models.F("family_share")), name="release_rule_shares"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.valid_from}: {self.days_ahead}天前 {self.hour:%H:%M}"


class ConflictKind(words.TextChoices):
    """Why a synchronisation could not follow the HIS without taking something from somebody."""

    VANISHED = "vanished", "已约号源在医院端消失"
    TAKEN_AT_HIS = "taken_at_his", "医院端显示已被占用"
    MOVED = "moved", "已约号源时间改变"
    SLOT_INVALID = "slot_invalid", "号源时段无效"
    UNKNOWN_DEPARTMENT = "unknown_department", "科室代码没有对照"


class SyncConflict(models.Model):
    """A disagreement between HIS and bookings, listed for staff until one of both gives way."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField("种类", max_length=20, choices=ConflictKind.choices)
    session_his_code = models.CharField("HIS 排班号", max_length=60)
    number = models.ForeignKey(Number, on_delete=models.CASCADE, null=True, blank=True, related_name="conflicts")
    detail = models.CharField("说明", max_length=200)
    found_at = models.DateTimeField("发现时间")
    settled_at = models.DateTimeField("解决时间", null=True, blank=True)

    class Meta:
        verbose_name = "同步冲突"
        verbose_name_plural = "同步冲突"
        constraints = [
            models.UniqueConstraint(
                fields=("kind", "session_his_code", "number"),
                condition=models.Q(settled_at__isnull=True),
                nulls_distinct=False,
                name="conflict_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.session_his_code}"
