"""Surveys of hospitals: questions and style as versions, invitations of visits, answers (public schema)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from hub import words
from hub.security.fields import EncryptedTextField
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class Colour(words.TextChoices):
    """The colours a questionnaire may have; each has a class in portal.css with enough contrast."""

    TEAL = "teal", "青绿"
    BLUE = "blue", "湖蓝"
    WARM = "warm", "暖橙"
    PLUM = "plum", "梅紫"


class Template(InstitutionRow):
    """One version of a hospital's questions; what was answered keeps its wording, so versions are only ever added."""

    grant: ClassVar[Grant] = Grant.APPEND

    version = models.PositiveIntegerField("版本")
    questions = models.JSONField("问题")
    published_by_name = models.CharField("发布人", max_length=60)
    published_at = models.DateTimeField("发布时间")

    class Meta:
        db_table = "survey_template"
        constraints = [models.UniqueConstraint(fields=["institution_code", "version"], name="survey_template_version")]


class Style(InstitutionRow):
    """One version of how a hospital's questionnaire looks, apart from what it asks."""

    grant: ClassVar[Grant] = Grant.APPEND

    version = models.PositiveIntegerField("版本")
    colour = models.CharField("颜色", max_length=8, choices=Colour.choices)
    greeting = models.CharField("开头的话", max_length=100)
    thanks = models.CharField("结束的话", max_length=100)
    published_by_name = models.CharField("发布人", max_length=60)
    published_at = models.DateTimeField("发布时间")

    class Meta:
        db_table = "survey_style"
        constraints = [models.UniqueConstraint(fields=["institution_code", "version"], name="survey_style_version")]


class Invitation(InstitutionRow):
    """One visit's survey, for the account of the person who attended; version 0 is what the house begins with."""

    staff_grant: ClassVar[Grant] = Grant.RO

    id = models.UUIDField(primary_key=True, editable=False)
    booking_id = models.UUIDField(unique=True)
    account_id = models.UUIDField()
    department_name = models.CharField(max_length=100)
    doctor_name = models.CharField(max_length=60, blank=True)
    visit_date = models.DateField()
    template_version = models.PositiveIntegerField()
    style_version = models.PositiveIntegerField()
    invited_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "survey_invitation"
        indexes = [
            models.Index(fields=["institution_code", "invited_at"], name="survey_invitation_span"),
            models.Index(fields=["account_id", "-invited_at", "-id"], name="survey_invitation_account"),
        ]


class Answer(InstitutionRow):
    """What was answered to one question: a mark (stars, or the place of a choice from 1), or words."""

    grant: ClassVar[Grant] = Grant.APPEND
    staff_grant: ClassVar[Grant] = Grant.RO

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="answers")
    question = models.CharField(max_length=12)
    mark = models.PositiveSmallIntegerField(null=True)
    text = EncryptedTextField(purpose="survey.answer", null=True)
    answered_at = models.DateTimeField()

    class Meta:
        db_table = "survey_answer"
        constraints = [models.UniqueConstraint(fields=["invitation", "question"], name="survey_answer_once")]
        indexes = [models.Index(fields=["institution_code", "answered_at", "question"], name="survey_answer_span")]
