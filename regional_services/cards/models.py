"""Scans of a desk, and which card is whose."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.security.fields import BlindIndexField, EncryptedTextField
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow
from regional_services.cards.kinds import Scheme


class ScanState(words.TextChoices):
    """What the issuer said of a code. UNKNOWN: no answer in time; the desk takes the ID card."""

    ASKED = "asked", "正在核验"
    KNOWN = "known", "已核验"
    REFUSED = "refused", "无效"
    UNKNOWN = "unknown", "没有答复"


class Scan(InstitutionRow):
    """One code held up at a desk or a machine. `number`: the document the issuer named, taken off when it was used."""

    staff_grant = Grant.RW

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scheme = models.CharField("类型", max_length=12, choices=Scheme.choices)
    code = EncryptedTextField(purpose="cards.code", owner="institution_code", blank=True)
    state = models.CharField("状态", max_length=8, choices=ScanState.choices, default=ScanState.ASKED)
    number = EncryptedTextField(purpose="cards.number", owner="institution_code", blank=True)
    reason = models.CharField("原因", max_length=120, blank=True, default="")
    asked_by = models.UUIDField("操作人")
    asked_at = models.DateTimeField("时间")
    answered_at = models.DateTimeField("应答时间", null=True)

    class Meta:
        db_table = "cards_scan"
        indexes = [models.Index(fields=("asked_at",), name="cards_scan_asked")]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.state}"


class HeldCard(models.Model):
    """A card an issuer named for a person we know: by its own number, not by the code that was shown."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scheme = models.CharField("类型", max_length=12, choices=Scheme.choices)
    card_index = BlindIndexField()
    person_id = models.UUIDField("人员")
    seen_at = models.DateTimeField("最近核验")

    class Meta:
        db_table = "cards_held_card"
        constraints = [models.UniqueConstraint(fields=("scheme", "card_index"), name="cards_held_card_once")]
        indexes = [models.Index(fields=("person_id",), name="cards_held_card_person")]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.person_id}"
