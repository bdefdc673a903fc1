"""Patient archives of one hospital: what its HIS knows of a person, and how it spells him."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.security.fields import BlindIndexField, EncryptedTextField


class ArchiveState(words.TextChoices):
    """Whether an archive may be used."""

    ACTIVE = "active", "在用"
    MERGED = "merged", "已合并"


class PatientArchive(models.Model):
    """One archive of a person at this hospital. A person may have several; exactly one of them is primary.

    Names, documents and phones are encrypted; the `*_index` columns are keyed hashes under this hospital's own key.
    Where `phone` is empty, its two indexes are those of the phone the person's account signs in with.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField("人员")
    is_primary = models.BooleanField("主档案", default=True)
    his_patient_id = models.CharField("HIS 患者号", max_length=64, null=True, blank=True)
    name = EncryptedTextField(purpose="patients.name")
    his_name = EncryptedTextField(purpose="patients.name", blank=True)
    document_type = models.CharField("证件类型", max_length=4)
    document_number = EncryptedTextField(purpose="patients.document")
    phone = EncryptedTextField(purpose="patients.phone", blank=True)
    name_index = BlindIndexField()
    document_index = BlindIndexField()
    document_tail_index = BlindIndexField()
    phone_index = BlindIndexField(null=True)
    phone_tail_index = BlindIndexField(null=True)
    sex = models.CharField("性别", max_length=1)
    birth_date = models.DateField("出生日期")
    state = models.CharField("状态", max_length=10, choices=ArchiveState.choices, default=ArchiveState.ACTIVE)
    created_at = models.DateTimeField("建立时间")
    updated_at = models.DateTimeField("更新时间")

    class Meta:
        verbose_name = "患者档案"
        verbose_name_plural = "患者档案"
        constraints = [
            models.UniqueConstraint(
                fields=("person_id",), condition=models.Q(is_primary=True), name="archive_one_primary"
            ),
            models.UniqueConstraint(fields=("his_patient_id",), name="archive_his_id_unique"),
            models.CheckConstraint(
                condition=models.Q(is_primary=False) | models.Q(state="active"), name="archive_primary_is_active"
            ),
        ]
        indexes = [
            models.Index(fields=("person_id",), name="archive_person"),
            models.Index(fields=("name_index",), name="archive_name"),
            models.Index(fields=("document_index",), name="archive_document"),
            models.Index(fields=("document_tail_index",), name="archive_document_tail"),
            models.Index(fields=("phone_index",), name="archive_phone"),
            models.Index(fields=("phone_tail_index",), name="archive_phone_tail"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class FamilyContract(models.Model):
    """A resident who signed with a family doctor of this hospital (家庭医生签约); one living contract each."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField("人员")
    doctor_name = models.CharField("签约医生", max_length=60)
    signed_at = models.DateTimeField("签约时间")
    signed_by = models.CharField("登记人", max_length=60)
    ended_at = models.DateTimeField("解约时间", null=True)
    ended_by = models.CharField("解约登记人", max_length=60, blank=True, default="")

    class Meta:
        verbose_name = "家庭医生签约"
        verbose_name_plural = "家庭医生签约"
        constraints = [
            models.UniqueConstraint(
                fields=("person_id",), condition=models.Q(ended_at__isnull=True), name="family_contract_one_living"
            )
        ]
        indexes = [
            models.Index(
                fields=("-signed_at", "id"), condition=models.Q(ended_at__isnull=True), name="family_contract_living"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class PatientAlias(models.Model):
    """A HIS patient number that was merged into another archive (F14): old numbers still find the person."""

    id = models.BigAutoField(primary_key=True)
    archive = models.ForeignKey(PatientArchive, on_delete=models.PROTECT, related_name="aliases")
    his_patient_id = models.CharField("旧患者号", max_length=64)
    source = models.CharField("来源", max_length=40)
    merged_at = models.DateTimeField("合并时间")

    class Meta:
        verbose_name = "患者号别名"
        verbose_name_plural = "患者号别名"
        constraints = [models.UniqueConstraint(fields=("his_patient_id",), name="patient_alias_unique")]

    def __str__(self) -> str:
        return self.his_patient_id
