"""The catalogue residents browse: a projection of the hospitals' directories and schedules (kernel decision 12).

Every row can be rebuilt from the hospitals at any time; nothing is decided here. Claiming a number asks the hospital.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from hub.tenancy.rows import InstitutionRow


class OrdinaryManager(models.Manager[Any]):
    """Rows residents may see; what is kept for the synthetic resident is in `every` alone."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Without the reserved ones."""
        return super().get_queryset().filter(is_reserved=False)


class CatalogDepartment(InstitutionRow):
    """A department, with what searching needs."""

    department_id = models.UUIDField(primary_key=True)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    parent_id = models.UUIDField(null=True)
    intro = models.TextField(blank=True, default="")
    location = models.CharField(max_length=80, blank=True, default="")
    sensitivity = models.CharField(max_length=16, blank=True, default="")
    initials = models.CharField(max_length=60, blank=True, default="")
    pinyin = models.CharField(max_length=360, blank=True, default="")
    service = models.CharField(max_length=16, default="outpatient")
    is_active = models.BooleanField(default=True)
    is_reserved = models.BooleanField(default=False)

    objects: ClassVar[OrdinaryManager] = OrdinaryManager()
    every: ClassVar[models.Manager[CatalogDepartment]] = models.Manager()

    class Meta:
        verbose_name = "科室目录"
        verbose_name_plural = "科室目录"
        indexes = [
            models.Index(fields=("institution_code", "code"), name="catalog_department_list"),
            models.Index(fields=("initials",), name="catalog_department_initials"),
            models.Index(
                fields=("service",), condition=~models.Q(service="outpatient"), name="catalog_department_service"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceRule(models.Model):
    """Whom a service is for, by completed months of age on the day of the visit, and what to bring; the district's.

    `below_months` is the first month that is too old (null: none). A service without a row follows `offers.USUAL`.
    """

    service = models.CharField("服务", max_length=16, primary_key=True)
    from_months = models.PositiveSmallIntegerField("最小月龄", default=0)
    below_months = models.PositiveSmallIntegerField("不满月龄", null=True)
    bring = models.CharField("须知", max_length=200, blank=True, default="")
    changed_by = models.CharField("更改人", max_length=60)
    changed_at = models.DateTimeField("更改时间")

    class Meta:
        verbose_name = "服务对象规则"
        verbose_name_plural = "服务对象规则"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(below_months__isnull=True) | models.Q(below_months__gt=models.F("from_months")),
                name="service_rule_ages_ordered",
            )
        ]

    def __str__(self) -> str:
        return self.service


class CatalogDoctor(InstitutionRow):
    """A doctor's post."""

    doctor_id = models.UUIDField(primary_key=True)
    practitioner_id = models.UUIDField()
    department_id = models.UUIDField()
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=50)
    title = models.CharField(max_length=30, blank=True, default="")
    intro = models.TextField(blank=True, default="")
    photo = models.UUIDField(null=True)
    registration_level = models.CharField(max_length=20, blank=True, default="")
    initials = models.CharField(max_length=60, blank=True, default="")
    pinyin = models.CharField(max_length=360, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "医生目录"
        verbose_name_plural = "医生目录"
        indexes = [
            models.Index(fields=("department_id", "code"), name="catalog_doctor_list"),
            models.Index(fields=("initials",), name="catalog_doctor_initials"),
            models.Index(fields=("practitioner_id",), name="catalog_doctor_practitioner"),
        ]

    def __str__(self) -> str:
        return self.name


class CatalogSession(InstitutionRow):
    """A session with its counts at the moment `refreshed_at`; a hint, the hospital's rows are the truth (F9).

    Sessions with `referable` numbers, and their departments, are shown to every hospital's staff (ADR 1132).
    """

    session_id = models.UUIDField(primary_key=True)
    department_id = models.UUIDField()
    doctor_id = models.UUIDField(null=True)
    doctor_name = models.CharField(max_length=50, blank=True, default="")
    date = models.DateField()
    period = models.CharField(max_length=10)
    registration_level = models.CharField(max_length=20, blank=True, default="")
    fee_fen = models.PositiveIntegerField()
    room = models.CharField(max_length=60, blank=True, default="")
    state = models.CharField(max_length=10)
    release_at = models.DateTimeField(null=True)
    first_start = models.DateTimeField(null=True)
    last_end = models.DateTimeField(null=True)
    total = models.PositiveIntegerField()
    free = models.PositiveIntegerField()
    referable = models.PositiveIntegerField(default=0)
    referable_starts = ArrayField(models.DateTimeField(), default=list)
    next_free_start = models.DateTimeField(null=True)
    synced_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    is_reserved = models.BooleanField(default=False)

    objects: ClassVar[OrdinaryManager] = OrdinaryManager()
    every: ClassVar[models.Manager[CatalogSession]] = models.Manager()

    class Meta:
        verbose_name = "排班目录"
        verbose_name_plural = "排班目录"
        indexes = [
            models.Index(fields=("department_id", "date", "session_id"), name="catalog_session_day"),
            models.Index(fields=("institution_code", "date"), name="catalog_session_hospital"),
            models.Index(fields=("doctor_id", "date"), name="catalog_session_doctor"),
            models.Index(fields=("date",), condition=models.Q(referable__gt=0), name="catalog_session_referable"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.period} {self.doctor_name}"


class CatalogMark(InstitutionRow):
    """Which sessions changed since they were last projected: stale while `changes` is ahead of `seen`.

    Several changes of a session between two refreshes cost one refresh.
    """

    session_id = models.UUIDField(primary_key=True)
    changes = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "目录刷新标记"
        verbose_name_plural = "目录刷新标记"
        indexes = [
            models.Index(
                fields=("institution_code",),
                condition=models.Q(changes__gt=models.F("seen")),
                name="catalog_mark_stale",
            )
        ]

    def __str__(self) -> str:
        return str(self.session_id)


class CatalogDuty(InstitutionRow):
    """Whether somebody is answerable for a hospital's refresh: while `changes` is ahead of `seen` (ADR 1146)."""

    institution_code = models.CharField(max_length=32, primary_key=True)
    changes = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "目录刷新责任"
        verbose_name_plural = "目录刷新责任"

    def __str__(self) -> str:
        return self.institution_code
