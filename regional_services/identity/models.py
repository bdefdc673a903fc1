"""Persons, their documents, who acts for whom, consents and real-name checks (practice 1-5, public schema).

An account is a login (`hub.accounts`); a person is a human being. A phone belongs to neither uniquely.
"""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.security.fields import BlindIndexField, EncryptedTextField
from hub.tenancy.grants import Grant


class Sex(words.TextChoices):
    """GB/T 2261.1, as on the certificate."""

    UNKNOWN = "0", "未知"
    MALE = "1", "男"
    FEMALE = "2", "女"
    UNSTATED = "9", "未说明"


class Standing(words.TextChoices):
    """How sure we are that this person is who the documents say."""

    UNVERIFIED = "unverified", "未实名"
    VERIFIED = "verified", "已实名"
    TEMPORARY = "temporary", "临时身份"
    DECEASED = "deceased", "已故"


class Person(models.Model):
    """A human being. The certificate's spelling of the name is kept as it is."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = EncryptedTextField(purpose="person.name")
    name_index = BlindIndexField()
    sex = models.CharField("性别", max_length=1, choices=Sex.choices)
    birth_date = models.DateField("出生日期")
    phone = EncryptedTextField(purpose="person.phone", blank=True)
    phone_index = BlindIndexField(null=True)
    standing = models.CharField("身份状态", max_length=12, choices=Standing.choices, default=Standing.UNVERIFIED)
    verified_at = models.DateTimeField("实名时间", null=True, blank=True)
    created_at = models.DateTimeField("建立时间")
    updated_at = models.DateTimeField("更新时间")

    class Meta:
        verbose_name = "人员"
        verbose_name_plural = "人员"
        indexes = [
            models.Index(fields=("name_index",), name="person_name"),
            models.Index(fields=("phone_index",), name="person_phone"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Identifier(models.Model):
    """One document of a person. Renewed, replaced and second documents are rows of their own: history is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="identifiers")
    kind = models.CharField("证件类型", max_length=4)
    number = EncryptedTextField(purpose="person.document")
    number_index = BlindIndexField()
    tail_index = BlindIndexField()
    name = EncryptedTextField(purpose="person.name")
    country = models.CharField("国家或地区", max_length=3, blank=True, default="")
    valid_until = models.DateField("有效期至", null=True)
    is_primary = models.BooleanField("主证件", default=True)
    recorded_at = models.DateTimeField("登记时间")
    retired_at = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        verbose_name = "证件"
        verbose_name_plural = "证件"
        constraints = [
            models.UniqueConstraint(
                fields=("kind", "number_index"), condition=models.Q(retired_at__isnull=True), name="identifier_unique"
            ),
            models.UniqueConstraint(
                fields=("person",),
                condition=models.Q(is_primary=True, retired_at__isnull=True),
                name="identifier_one_primary",
            ),
        ]
        indexes = [models.Index(fields=("tail_index",), name="identifier_tail")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class RelationKind(words.TextChoices):
    """What the person is to the holder of the account."""

    SELF = "self", "本人"
    CHILD = "child", "子女"
    PARENT = "parent", "父母"
    SPOUSE = "spouse", "配偶"
    OTHER = "other", "其他亲友"


class RelationState(words.TextChoices):
    """The life of a relation."""

    PENDING = "pending", "核验中"
    ACTIVE = "active", "已绑定"
    REFUSED = "refused", "未通过"
    ENDED = "ended", "已解除"


class Relation(models.Model):
    """Who acts for whom: from an account to a person, with scope, evidence and expiry."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField("账号")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="relations")
    kind = models.CharField("关系", max_length=10, choices=RelationKind.choices)
    scope = models.JSONField("授权范围", default=list)
    evidence = models.CharField("依据", max_length=40)
    state = models.CharField("状态", max_length=10, choices=RelationState.choices, default=RelationState.PENDING)
    refusal = models.CharField("未通过原因", max_length=20, blank=True, default="")
    is_default = models.BooleanField("默认就诊人", default=False)
    expires_on = models.DateField("到期", null=True, blank=True)
    created_at = models.DateTimeField("建立时间")
    ended_at = models.DateTimeField("解除时间", null=True, blank=True)

    class Meta:
        verbose_name = "关系"
        verbose_name_plural = "关系"
        constraints = [
            models.UniqueConstraint(
                fields=("account_id", "person"),
                condition=models.Q(state__in=("pending", "active")),
                name="relation_once",
            ),
            models.UniqueConstraint(
                fields=("account_id",),
                condition=models.Q(kind="self", state__in=("pending", "active")),
                name="relation_one_self",
            ),
        ]
        indexes = [
            models.Index(fields=("account_id", "state"), name="relation_account"),
            models.Index(
                fields=("expires_on",),
                condition=models.Q(state="active", expires_on__isnull=False),
                name="relation_expiring",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Consent(models.Model):
    """The consent ledger: a row for each giving and each withdrawal, never changed (practice 4)."""

    grant = Grant.APPEND

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consents")
    given_by_account = models.UUIDField("操作账号")
    given_by_relation = models.CharField("与本人关系", max_length=10)
    purpose = models.CharField("用途", max_length=40)
    text_version = models.CharField("文本版本", max_length=20)
    text_digest = models.CharField("文本摘要", max_length=64)
    channel = models.CharField("渠道", max_length=20)
    is_given = models.BooleanField("同意")
    recorded_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "授权记录"
        verbose_name_plural = "授权记录"
        indexes = [models.Index(fields=("person", "purpose", "-id"), name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.purpose}:{'given' if self.is_given else 'withdrawn'}"


class CheckState(words.TextChoices):
    """What the city answered. UNKNOWN means asked, and no definite answer yet: it is asked again, never guessed."""

    ASKED = "asked", "核验中"
    UNKNOWN = "unknown", "结果未知，正在重新核验"
    MATCH = "match", "一致"
    MISMATCH = "mismatch", "姓名与证件号不一致"
    ABSENT = "absent", "查无此人"


class RealNameCheck(models.Model):
    """One question to the city's identity service; its id is the request number the city sees."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    relation = models.ForeignKey(Relation, on_delete=models.PROTECT, related_name="checks")
    name = EncryptedTextField(purpose="person.name")
    document_type = models.CharField("证件类型", max_length=4)
    document_number = EncryptedTextField(purpose="person.document")
    phone = EncryptedTextField(purpose="person.phone", blank=True)
    state = models.CharField("状态", max_length=10, choices=CheckState.choices, default=CheckState.ASKED)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    asked_at = models.DateTimeField("提出时间")
    answered_at = models.DateTimeField("应答时间", null=True, blank=True)

    class Meta:
        verbose_name = "实名核验"
        verbose_name_plural = "实名核验"
        constraints = [
            models.UniqueConstraint(
                fields=("relation",), condition=models.Q(state__in=("asked", "unknown")), name="check_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.id}:{self.state}"
