"""Answering, and publishing questions and style; each is one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError

from hub.actor import Actor
from hub.errors import Forbidden, InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import Command, work
from regional_services.survey import questions, selectors
from regional_services.survey.errors import AlreadyAnswered, PublishedMeanwhile, SurveyOver
from regional_services.survey.models import Answer, Colour, Style, Template
from regional_services.survey.permissions import EDIT
from regional_services.survey.questions import Kind, Question

LONGEST_WORDS = 100


def answer(*, actor: Actor, invitation_id: UUID, values: Mapping[str, str], command: Command | None = None) -> None:
    """Store the answers (by question key) against the visit; the same command again finds them stored.

    InvalidInput flags each answer that is missing or none; AlreadyAnswered for a second time; SurveyOver after the end.
    """
    with work(REGION, actor=actor) as unit:
        if command is not None and not unit.claim(command, reference=str(invitation_id)).new:
            unit.audit("survey.answered", target=f"survey:{invitation_id}", outcome="repeat")
            return
        row = selectors.own_row(actor, invitation_id, lock=True)
        if row.answered_at is not None:
            raise AlreadyAnswered
        if selectors.is_over(row, unit.now):
            raise SurveyOver
        asked = selectors.questions_of(row.institution_code, row.template_version)
        given = {question.key: values.get(question.key, "").strip() for question in asked}
        problems = {question.key: wrong for question in asked if (wrong := question.problem(given[question.key]))}
        if problems:
            raise InvalidInput(fields=problems)
        Answer.objects.bulk_create(
            Answer(
                institution_code=row.institution_code,
                invitation=row,
                question=question.key,
                mark=None if question.kind is Kind.TEXT else int(given[question.key]),
                text=given[question.key] if question.kind is Kind.TEXT else None,
                answered_at=unit.now,
            )
            for question in asked
            if given[question.key]
        )
        row.answered_at = unit.now
        row.save(update_fields=["answered_at"])
        if command is not None:
            unit.answer(command, {"survey": str(row.pk)})
        unit.audit("survey.answered", target=f"survey:{row.pk}")


def publish_questions(*, actor: Actor, asked: tuple[Question, ...], base: int) -> int:
    """Publish the next version of the own hospital's questions, written on top of version `base`; its number."""
    code = _own(actor)
    try:
        with work(REGION, actor=actor) as unit:
            if selectors.template_version(code) != base:
                raise PublishedMeanwhile
            Template.objects.create(
                institution_code=code,
                version=base + 1,
                questions=questions.stored(asked),
                published_by_name=actor.name[:60],
                published_at=unit.now,
            )
            unit.audit("survey.questions_published", target=f"institution:{code}", detail={"version": base + 1})
    except IntegrityError as problem:
        raise PublishedMeanwhile from problem
    return base + 1


def publish_style(*, actor: Actor, values: Mapping[str, str], base: int) -> int:
    """The same of the style; the questions stay as they are."""
    code = _own(actor)
    greeting, thanks = values.get("greeting", "").strip(), values.get("thanks", "").strip()
    problems = {}
    for name, words in (("greeting", greeting), ("thanks", thanks)):
        if not words or len(words) > LONGEST_WORDS:
            problems[name] = f"请填写，不超过 {LONGEST_WORDS} 字。"
    if values.get("colour") not in Colour.values:
        problems["colour"] = "请选择颜色。"
    if problems:
        raise InvalidInput(fields=problems)
    try:
        with work(REGION, actor=actor) as unit:
            if selectors.style_version(code) != base:
                raise PublishedMeanwhile
            Style.objects.create(
                institution_code=code,
                version=base + 1,
                colour=values["colour"],
                greeting=greeting,
                thanks=thanks,
                published_by_name=actor.name[:60],
                published_at=unit.now,
            )
            unit.audit("survey.style_published", target=f"institution:{code}", detail={"version": base + 1})
    except IntegrityError as problem:
        raise PublishedMeanwhile from problem
    return base + 1


def _own(actor: Actor) -> str:
    require(actor, EDIT)
    if actor.institution is None:
        raise Forbidden
    return actor.institution
