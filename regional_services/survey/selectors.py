"""Reads of surveys: values only. Those that take a place read inside an open scope, the others open their own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from hub import clock, words
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden
from hub.ids import domain_number, uuid7
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.survey.errors import InvitationNotFound
from regional_services.survey.models import Answer, Colour, Invitation, Style, Template
from regional_services.survey.permissions import EXPORT, VIEW
from regional_services.survey.questions import DEFAULT, Kind, Question, restored

OPEN_FOR = timedelta(days=30)
COMMENTS = 50
EXPORTED = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleView:
    """How a questionnaire looks."""

    version: int = 0
    colour: Colour = Colour.TEAL
    greeting: str = "您的就诊已结束，请花一分钟告诉我们感受。"
    thanks: str = "谢谢您，医院会认真看每一份答卷。"
    published_by_name: str = ""
    published_at: datetime | None = None


class Standing(words.TextChoices):
    """How far a survey has come."""

    WAITING = "waiting", "待填写"
    ANSWERED = "answered", "已填写"
    OVER = "over", "已过期"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A survey as a list of the invited resident's shows it."""

    id: UUID
    booking_id: UUID
    institution_code: str
    department_name: str
    doctor_name: str
    visit_date: date
    invited_at: datetime
    answered_at: datetime | None

    @property
    def open_until(self) -> datetime:
        """Until when it can be answered."""
        return self.invited_at + OPEN_FOR

    @property
    def is_over(self) -> bool:
        """Whether the time to answer has passed."""
        return clock.now() >= self.open_until

    @property
    def state(self) -> Standing:
        """Answered, else over or not."""
        if self.answered_at is not None:
            return Standing.ANSWERED
        return Standing.OVER if self.is_over else Standing.WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView(Listed):
    """The whole of it."""

    questions: tuple[Question, ...]
    style: StyleView
    answers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFigures:
    """What was answered to one question: (words, count) of each mark, their mean for stars, or comments."""

    question: Question
    count: int
    marks: list[tuple[str, int]]
    mean: float | None
    comments: list[tuple[datetime, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One hospital's surveys of a span, by the day of the invitation; answers by the day they came."""

    invited: int
    answered: int
    questions: list[QuestionFigures]


def template_version(institution_code: str) -> int:
    """The version in force; 0 before the first was published. One query."""
    found = Template.objects.filter(institution_code=institution_code).aggregate(newest=Max("version"))["newest"]
    return int(found or 0)


def style_version(institution_code: str) -> int:
    """The same of the style."""
    found = Style.objects.filter(institution_code=institution_code).aggregate(newest=Max("version"))["newest"]
    return int(found or 0)


def questions_of(institution_code: str, version: int) -> tuple[Question, ...]:
    """The questions of a version. One query."""
    if version == 0:
        return DEFAULT
    return restored(Template.objects.get(institution_code=institution_code, version=version).questions)


def style_of(institution_code: str, version: int) -> StyleView:
    """The style of a version. One query."""
    if version == 0:
        return StyleView()
    row = Style.objects.get(institution_code=institution_code, version=version)
    return StyleView(
        version=row.version,
        colour=Colour(row.colour),
        greeting=row.greeting,
        thanks=row.thanks,
        published_by_name=row.published_by_name,
        published_at=row.published_at,
    )


def current_questions(institution_code: str) -> tuple[int, tuple[Question, ...]]:
    """The version in force and what it asks. Two queries."""
    with region(read_only=True):
        version = template_version(institution_code)
        return version, questions_of(institution_code, version)


def current_style(institution_code: str) -> StyleView:
    """The style in force. Two queries."""
    with region(read_only=True):
        return style_of(institution_code, style_version(institution_code))


def own_row(actor: Actor, invitation_id: UUID, *, lock: bool = False) -> Invitation:
    """An invitation of this resident; InvitationNotFound for everybody else. One query, inside an open scope."""
    if actor.kind is not ActorKind.RESIDENT or actor.id is None:
        raise InvitationNotFound
    found = Invitation.objects.filter(pk=invitation_id, account_id=actor.id)
    row = (found.select_for_update() if lock else found).first()
    if row is None:
        raise InvitationNotFound
    return row


def invitation(actor: Actor, invitation_id: UUID) -> InvitationView:
    """The resident's own survey, with his answers once he gave them. Four queries."""
    with region(read_only=True):
        row = own_row(actor, invitation_id)
        answers = {
            answer.question: answer.text if answer.text is not None else str(answer.mark)
            for answer in (row.answers.all() if row.answered_at else ())
        }
        return InvitationView(
            **_facts(row),
            questions=questions_of(row.institution_code, row.template_version),
            style=style_of(row.institution_code, row.style_version),
            answers=answers,
        )


def own_list(
    actor: Actor, *, state: Standing | None = None, after: tuple[datetime, UUID] | None = None, limit: int = 20
) -> list[Listed]:
    """The resident's own surveys, newest invitation first, a page after the key `after`. One query."""
    if actor.kind is not ActorKind.RESIDENT or actor.id is None:
        return []
    rows = Invitation.objects.filter(account_id=actor.id)
    begins = clock.now() - OPEN_FOR
    if state is Standing.ANSWERED:
        rows = rows.filter(answered_at__isnull=False)
    elif state is not None:
        still_open = Q(invited_at__gt=begins)
        rows = rows.filter(still_open if state is Standing.WAITING else ~still_open, answered_at__isnull=True)
    if after is not None:
        rows = rows.filter(Q(invited_at__lt=after[0]) | Q(invited_at=after[0], id__lt=after[1]))
    with region(read_only=True):
        return [Listed(**_facts(row)) for row in rows.order_by("-invited_at", "-id")[:limit]]


def _facts(row: Invitation) -> dict[str, Any]:
    return {
        "id": row.id,
        "booking_id": row.booking_id,
        "institution_code": row.institution_code,
        "department_name": row.department_name,
        "doctor_name": row.doctor_name,
        "visit_date": row.visit_date,
        "invited_at": row.invited_at,
        "answered_at": row.answered_at,
    }


def of_booking(actor: Actor, booking_id: UUID) -> UUID | None:
    """The resident's own survey of a visit, if he was invited to one. One query."""
    if actor.id is None:
        return None
    with region(read_only=True):
        found = (
            Invitation.objects.filter(booking_id=booking_id, account_id=actor.id).values_list("pk", flat=True).first()
        )
    return None if found is None else UUID(str(found))


def is_over(row: Invitation, now: datetime) -> bool:
    """Whether the time to answer has passed."""
    return now >= row.invited_at + OPEN_FOR


def figures(actor: Actor, first: date, last: date) -> Figures:
    """The actor's own hospital's figures; no person is in them. Five queries."""
    require(actor, VIEW)
    return _figures_of(actor, first, last, COMMENTS)


def exported(actor: Actor, first: date, last: date) -> tuple[str, Figures]:
    """The same as it leaves the house, with every comment, and the number the audit knows the export by."""
    require(actor, EXPORT)
    number = domain_number("E", uuid7())
    found = _figures_of(actor, first, last, EXPORTED)
    with work(REGION, actor=actor) as unit:
        detail = {"since": first.isoformat(), "until": last.isoformat(), "answered": found.answered}
        unit.audit("survey.exported", target=f"export:{number}", detail=detail)
    return number, found


def _figures_of(actor: Actor, first: date, last: date, most: int) -> Figures:
    code = actor.institution
    if code is None:
        raise Forbidden
    span = (clock.at(first, time.min), clock.at(last + timedelta(days=1), time.min))
    with region(read_only=True):
        invited = Invitation.objects.filter(institution_code=code, invited_at__gte=span[0], invited_at__lt=span[1])
        counted = invited.aggregate(invited=Count("id"), answered=Count("answered_at"))
        given = Answer.objects.filter(institution_code=code, answered_at__gte=span[0], answered_at__lt=span[1])
        marks: defaultdict[str, dict[int, int]] = defaultdict(dict)
        for key, mark, count in (
            given.filter(mark__isnull=False).values_list("question", "mark").annotate(n=Count("id"))
        ):
            marks[key][mark] = count
        texts = dict(given.filter(mark__isnull=True).values_list("question").annotate(n=Count("id")))
        asked = _asked(code)
        return Figures(
            **counted,
            questions=[
                _figures(question, marks[key], texts.get(key, 0), _comments(given, key, most) if key in texts else [])
                for key, question in asked.items()
                if key in marks or key in texts
            ],
        )


def _asked(code: str) -> dict[str, Question]:
    """Every question the hospital ever asked, newest wording first. One query."""
    kept = Template.objects.filter(institution_code=code).order_by("-version").values_list("questions", flat=True)
    versions = [restored(rows) for rows in kept]
    return {question.key: question for version in (*versions, DEFAULT) for question in version}


def _comments(given: QuerySet[Answer], key: str, most: int) -> list[tuple[datetime, str]]:
    rows = given.filter(question=key).order_by("-answered_at")[:most]
    return [(row.answered_at, row.text or "") for row in rows]


def _figures(
    question: Question, marks: dict[int, int], texts: int, comments: list[tuple[datetime, str]]
) -> QuestionFigures:
    count = sum(marks.values())
    mean = (
        sum(mark * number for mark, number in marks.items()) / count if count and question.kind is Kind.STARS else None
    )
    return QuestionFigures(
        question=question,
        count=count + texts,
        marks=[(words, marks.get(int(value), 0)) for value, words in question.marks],
        mean=mean,
        comments=comments,
    )
