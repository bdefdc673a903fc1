"""Institutions of the district, their campuses, booking rules and function switches (public schema)."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.tenancy.grants import Grant

CODE_PATTERN = r"^[a-z]{3,20}$"


class Kind(words.TextChoices):
    """The three kinds of institution of the district (JA-ORG-01)."""

    HOSPITAL = "hospital", "二级医院"
    SPECIALISED = "specialised", "专科站所"
    COMMUNITY = "community", "社区卫生服务中心"


class BookingMode(words.TextChoices):
    """Who owns the numbers: the hub sells a released pool, or the HIS is locked first."""

    HUB_POOL = "hub_pool", "平台号池"
    HIS_LOCKED = "his_locked", "医院锁号"


class SettleMode(words.TextChoices):
    """The two ways of registering (practice 10)."""

    PAY_TO_CONFIRM = "pay_to_confirm", "预约即付费"
    PAY_ON_DAY = "pay_on_day", "当天挂号付费"


class CutoffRule(words.TextChoices):
    """What becomes of a booking that stands unpaid at the cut-off for registering online (practice 10)."""

    WINDOW = "window", "保留，到窗口挂号"
    RELEASE = "release", "释放号源"


class Dialect(words.TextChoices):
    """The language the hospital's HIS speaks."""

    REST_JSON = "rest_json", "REST/JSON"
    SOAP_XML = "soap_xml", "SOAP/XML"
    HL7V2_MLLP = "hl7v2_mllp", "HL7 v2/MLLP"
    FHIR_R4 = "fhir_r4", "HL7 FHIR R4"
    EXCHANGE_DB = "exchange_db", "交换库（中间库）"


class Institution(models.Model):
    """One institution. It is matched by code everywhere, never by name; names vary between lists (`aliases`)."""

    staff_grant = Grant.RO

    code = models.CharField("代码", max_length=32, primary_key=True)
    name = models.CharField("名称", max_length=80)
    short_name = models.CharField("简称", max_length=40)
    kind = models.CharField("类别", max_length=16, choices=Kind.choices)
    level = models.CharField("等级", max_length=20)
    ward = models.CharField("街镇", max_length=40)
    address = models.CharField("地址", max_length=120)
    latitude = models.FloatField("纬度")
    longitude = models.FloatField("经度")
    phone = models.CharField("电话", max_length=20)
    intro = models.TextField("简介", blank=True, default="")
    aliases = models.JSONField("别名", default=list)
    sets = models.JSONField("接入范围", default=list)

    booking_mode = models.CharField("号源方式", max_length=16, choices=BookingMode.choices)
    settle_mode = models.CharField("付费方式", max_length=16, choices=SettleMode.choices)
    dialect = models.CharField("接口方言", max_length=16, choices=Dialect.choices)
    his_generation = models.PositiveIntegerField("HIS 代次", default=1)

    release_days = models.PositiveSmallIntegerField("放号天数", default=14)
    hold_minutes = models.PositiveSmallIntegerField("锁号分钟", default=20)
    pay_minutes = models.PositiveSmallIntegerField("支付时限分钟", default=15)
    register_cutoff_minutes = models.PositiveSmallIntegerField("当天挂号截止（就诊前分钟）", default=30)
    cutoff_rule = models.CharField("截止后未挂号", max_length=8, choices=CutoffRule.choices, default=CutoffRule.WINDOW)
    quote_seconds = models.PositiveSmallIntegerField("核价等待秒数", default=8)
    cancel_until_minutes = models.PositiveIntegerField("取消截止（就诊前分钟）", default=120)
    reschedule_times = models.PositiveSmallIntegerField("一次预约可改约次数", default=2)
    reschedule_until_minutes = models.PositiveIntegerField("改约截止（就诊前分钟）", default=120)
    revisit_days = models.PositiveSmallIntegerField("同科复诊优惠天数", default=0)
    revisit_percent = models.PositiveSmallIntegerField("复诊收挂牌价的百分之几", default=0)
    rush_per_second = models.PositiveSmallIntegerField("候号室每秒放行", default=20)
    rush_pressure = models.PositiveSmallIntegerField("每秒预约超过几次启用候号室", default=200)
    rush_open_minutes = models.PositiveSmallIntegerField("放号前几分钟开候号室", default=0)
    limit_person_day = models.PositiveSmallIntegerField("每人每天上限", default=3)
    limit_department_day = models.PositiveSmallIntegerField("每人每科每天上限", default=1)
    limit_open = models.PositiveSmallIntegerField("每人未就诊上限", default=8)

    suspension_words = models.CharField("暂停服务的说明", max_length=200, blank=True, default="")

    sort_order = models.PositiveSmallIntegerField("排序", default=0)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        verbose_name = "机构"
        verbose_name_plural = "机构"
        ordering = ("sort_order", "code")
        constraints = [
            models.CheckConstraint(condition=models.Q(code__regex=CODE_PATTERN), name="institution_code_format"),
            models.CheckConstraint(
                condition=models.Q(pay_minutes__lte=models.F("hold_minutes")), name="institution_pay_within_hold"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Campus(models.Model):
    """A place of an institution where patients go; the first one is the main campus."""

    staff_grant = Grant.RO

    id = models.BigAutoField(primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="campuses")
    code = models.CharField("院区代码", max_length=20)
    name = models.CharField("院区", max_length=60)
    address = models.CharField("地址", max_length=120)
    latitude = models.FloatField("纬度")
    longitude = models.FloatField("经度")
    closed_on = models.DateField("关闭日期", null=True, blank=True)

    class Meta:
        verbose_name = "院区"
        verbose_name_plural = "院区"
        ordering = ("institution", "code")
        constraints = [models.UniqueConstraint(fields=("institution", "code"), name="campus_code_unique")]

    def __str__(self) -> str:
        return self.name


class Switch(models.Model):
    """A function switched off or on at one institution; no row means the function's default (JA-ORG-02)."""

    staff_grant = Grant.RO

    id = models.BigAutoField(primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="switches")
    function = models.CharField("功能", max_length=40)
    is_on = models.BooleanField("开启")
    changed_at = models.DateTimeField("更改时间")
    changed_by = models.CharField("更改人", max_length=60)
    reason = models.CharField("原因", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "功能开关"
        verbose_name_plural = "功能开关"
        constraints = [models.UniqueConstraint(fields=("institution", "function"), name="switch_function_unique")]

    def __str__(self) -> str:
        return f"{self.institution_id}:{self.function}={'on' if self.is_on else 'off'}"


class RuleChange(models.Model):
    """Booking rules that take effect on a day to come (JA-OPS-12); bookings made before keep what they were made under.

    `before` is what the rules were when they changed: together the rows say which rules held on any day.
    """

    staff_grant = Grant.RO

    id = models.BigAutoField(primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="rule_changes")
    effective_on = models.DateField("生效日期")
    values = models.JSONField("规则")
    before = models.JSONField("变更前", default=dict)
    reason = models.CharField("原因", max_length=200)
    made_by = models.CharField("更改人", max_length=60)
    made_at = models.DateTimeField("更改时间")
    applied_at = models.DateTimeField("生效时间", null=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)
    withdrawn_by = models.CharField("撤回人", max_length=60, blank=True, default="")

    class Meta:
        verbose_name = "规则变更"
        verbose_name_plural = "规则变更"
        ordering = ("institution", "effective_on", "id")
        indexes = [models.Index(fields=["institution", "-effective_on"], name="rule_change_day")]


class DayKind(words.TextChoices):
    """How a day differs from what its weekday says."""

    HOLIDAY = "holiday", "放假"
    WORKDAY = "workday", "调休上班"


class CalendarDay(models.Model):
    """A public holiday or a working day in exchange for one (调休); all other days are what their weekday says.

    What the hub brings along is a start to work with: unconfirmed until somebody has held it against the notice.
    """

    staff_grant = Grant.RO

    day = models.DateField("日期", primary_key=True)
    kind = models.CharField("种类", max_length=8, choices=DayKind.choices)
    name = models.CharField("名称", max_length=20)
    is_confirmed = models.BooleanField("已核对", default=True)
    changed_by = models.CharField("更改人", max_length=60)
    changed_at = models.DateTimeField("更改时间")

    class Meta:
        verbose_name = "节假日"
        verbose_name_plural = "节假日"
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class OnboardingState(words.TextChoices):
    """How far an institution's joining is."""

    WAITING = "waiting", "等待办理"
    RUNNING = "running", "办理中"
    STUCK = "stuck", "需要处理"
    READY = "ready", "可以开通"
    LIVE = "live", "已开通"


class Onboarding(models.Model):
    """One institution on its way in: what was filled in, kept so that each step can be taken again."""

    code = models.CharField("代码", max_length=32, primary_key=True)
    facts = models.JSONField("机构资料")
    connector = models.JSONField("接口资料")
    state = models.CharField("状态", max_length=10, choices=OnboardingState.choices, default=OnboardingState.WAITING)
    started_by = models.CharField("发起人", max_length=60)
    started_at = models.DateTimeField("发起时间")
    moved_at = models.DateTimeField("最近进展")
    live_at = models.DateTimeField("开通时间", null=True)

    class Meta:
        verbose_name = "机构接入"
        verbose_name_plural = "机构接入"


class StepState(words.TextChoices):
    """Where one step of joining stands."""

    DUE = "due", "未开始"
    DONE = "done", "已完成"
    FAILED = "failed", "未通过"


class OnboardingStep(models.Model):
    """One step of joining with its last result; a step that is done is not taken again."""

    id = models.BigAutoField(primary_key=True)
    onboarding = models.ForeignKey(Onboarding, on_delete=models.CASCADE, related_name="steps")
    ordinal = models.PositiveSmallIntegerField("次序")
    name = models.CharField("步骤", max_length=20)
    state = models.CharField("状态", max_length=8, choices=StepState.choices, default=StepState.DUE)
    note = models.CharField("结果", max_length=300, blank=True, default="")
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    ended_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = "接入步骤"
        verbose_name_plural = "接入步骤"
        ordering = ("onboarding", "ordinal")
        constraints = [models.UniqueConstraint(fields=("onboarding", "name"), name="onboarding_step_once")]
