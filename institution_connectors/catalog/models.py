"""Which adapter serves which hospital (public schema)."""

from __future__ import annotations

from django.db import models

from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class Connector(InstitutionRow):
    """A hospital's connector: how its profile is stored. Secrets stand in the key ring; `secret_ref` names them."""

    staff_grant = Grant.RO

    dialect = models.CharField("方言", max_length=16)
    endpoint = models.CharField("地址", max_length=200)
    mode = models.CharField("号源方式", max_length=16)
    secret_ref = models.CharField("密钥引用", max_length=80)
    capabilities = models.JSONField("能力", default=list)
    options = models.JSONField("选项", default=dict)
    limits = models.JSONField("限额", default=dict)
    enabled = models.BooleanField("启用", default=True)
    version = models.PositiveIntegerField("版本", default=1)
    updated_at = models.DateTimeField("更新时间")

    class Meta:
        verbose_name = "连接器"
        verbose_name_plural = "连接器"
        constraints = [
            models.UniqueConstraint(fields=["institution_code"], name="connector_one_a_hospital"),
            models.CheckConstraint(
                condition=models.Q(mode__in=["hub_pool", "his_locked"]), name="connector_mode_known"
            ),
        ]


class Certificate(InstitutionRow):
    """A certificate of conformance: a signed document, never changed but for the moment a newer one replaced it."""

    staff_grant = Grant.RO

    number = models.CharField(max_length=28, primary_key=True)
    document = models.TextField()
    public_key = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    issued_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "connector_certificate"
        constraints = [
            models.UniqueConstraint(
                fields=["institution_code"],
                condition=models.Q(superseded_at__isnull=True),
                name="uq_connector_certificate_current",
            )
        ]
