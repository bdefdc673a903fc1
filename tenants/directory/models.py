"""Departments, doctors' posts and code mappings of one hospital."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.tenancy.grants import Grant


class Sensitivity(words.TextChoices):
    """The label a visit inherits: labelled ones are hidden from proxies and other hospitals (practice 5)."""

    NONE = "", "一般"
    PSYCHIATRIC = "psychiatric", "精神心理"
    INFECTIOUS = "infectious", "特殊感染"
    REPRODUCTIVE = "reproductive", "生殖"
    GENETIC = "genetic", "遗传"


class Service(words.TextChoices):
    """What a department's numbers are for (JA-ENTRY-01..03): all are numbers of the same sources."""

    OUTPATIENT = "outpatient", "门诊"
    IMMUNISATION = "immunisation", "预防接种"
    CHECKUP = "checkup", "健康体检"


class Department(models.Model):
    """A department residents can book at, known by our id whatever the HIS calls it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField("代码", max_length=40)
    name = models.CharField("名称", max_length=60)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    intro = models.TextField("简介", blank=True, default="")
    own_intro = models.TextField("本院编写的简介", blank=True, default="")
    notice = models.CharField("预约与就诊须知", max_length=300, blank=True, default="")
    location = models.CharField("位置", max_length=80, blank=True, default="")
    campus_code = models.CharField("院区", max_length=20, blank=True, default="")
    sensitivity = models.CharField("敏感标记", max_length=16, choices=Sensitivity.choices, blank=True, default="")
    service = models.CharField("服务类型", max_length=16, choices=Service.choices, default=Service.OUTPATIENT)
    is_active = models.BooleanField("在用", default=True)
    synced_at = models.DateTimeField("同步时间")

    class Meta:
        verbose_name = "科室"
        verbose_name_plural = "科室"
        ordering = ("code",)
        constraints = [models.UniqueConstraint(fields=("code",), name="department_code_unique")]

    def __str__(self) -> str:
        return self.name


class Doctor(models.Model):
    """A doctor's post in one department; the practitioner is a district person who may have several posts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practitioner_id = models.UUIDField("执业人员")
    code = models.CharField("工号", max_length=40)
    name = models.CharField("姓名", max_length=50)
    title = models.CharField("职称", max_length=30, blank=True, default="")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="doctors")
    intro = models.TextField("擅长", blank=True, default="")
    own_intro = models.TextField("本院编写的介绍", blank=True, default="")
    registration_level = models.CharField("号别", max_length=20, blank=True, default="")
    is_active = models.BooleanField("在用", default=True)
    synced_at = models.DateTimeField("同步时间")

    class Meta:
        verbose_name = "医生"
        verbose_name_plural = "医生"
        ordering = ("code",)
        constraints = [models.UniqueConstraint(fields=("practitioner_id", "department"), name="doctor_post_unique")]

    def __str__(self) -> str:
        return self.name


class DoctorPhoto(models.Model):
    """The photograph of one of the hospital's doctors, for all his posts here; the row opens the object.

    A new photograph is a new object; what no row names any more is removed at night (`photos.tidy`).
    """

    practitioner_id = models.UUIDField("执业人员", primary_key=True)
    version = models.UUIDField("版本")
    object_key = models.CharField("存储位置", max_length=120)
    size = models.PositiveIntegerField("大小（字节）")
    sha256 = models.CharField("摘要", max_length=64)
    uploaded_by = models.CharField("上传人", max_length=60)
    uploaded_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "医生照片"
        verbose_name_plural = "医生照片"

    def __str__(self) -> str:
        return self.object_key


class HospitalText(models.Model):
    """A text of the hospital to residents, where the hub owns it: shown at booking, and on the visit's page."""

    key = models.CharField("位置", max_length=16, primary_key=True)
    text = models.CharField("内容", max_length=500, blank=True, default="")

    class Meta:
        verbose_name = "院内文字"
        verbose_name_plural = "院内文字"

    def __str__(self) -> str:
        return self.key


class FactChange(models.Model):
    """Who changed which fact of the hospital from what to what; kept beside the audit so that pages can show it."""

    grant: ClassVar[Grant] = Grant.APPEND

    id = models.BigAutoField(primary_key=True)
    target = models.CharField("对象", max_length=60)
    title = models.CharField("名称", max_length=80)
    field = models.CharField("字段", max_length=20)
    before = models.TextField("原值", blank=True)
    after = models.TextField("新值", blank=True)
    by = models.CharField("更改人", max_length=60)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "资料更改"
        verbose_name_plural = "资料更改"
        indexes = [models.Index(fields=("target", "-id"), name="directory_change_target")]

    def __str__(self) -> str:
        return f"{self.target} {self.field}"


class MappingKind(words.TextChoices):
    """What a HIS code names."""

    DEPARTMENT = "department", "科室"
    DOCTOR = "doctor", "医生"
    CAMPUS = "campus", "院区"
    ITEM = "item", "项目"


class CodeMapping(models.Model):
    """What a code of one HIS generation meant, and from when to when (practice 19).

    A hospital that replaces its HIS overnight gets new rows; the hub ids, and with them future bookings, stay.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField("种类", max_length=16, choices=MappingKind.choices)
    his_generation = models.PositiveIntegerField("HIS 代次")
    his_code = models.CharField("HIS 代码", max_length=60)
    hub_id = models.UUIDField("平台编号")
    valid_from = models.DateField("生效")
    valid_to = models.DateField("失效", null=True, blank=True)

    class Meta:
        verbose_name = "代码对照"
        verbose_name_plural = "代码对照"
        constraints = [
            models.UniqueConstraint(
                fields=("kind", "his_generation", "his_code", "valid_from"), name="mapping_unique_from"
            ),
            models.UniqueConstraint(
                fields=("kind", "his_generation", "his_code"),
                condition=models.Q(valid_to__isnull=True),
                name="mapping_one_current",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
                name="mapping_period_ordered",
            ),
        ]
        indexes = [models.Index(fields=("kind", "hub_id"), name="mapping_by_hub_id")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.his_generation}:{self.his_code}"
