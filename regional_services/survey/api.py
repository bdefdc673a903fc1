"""`/api/resident/v1/surveys`: what waits, fetch, answer. `/api/hospital/v1/surveys`: figures, on a hospital's host."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hub import clock
from hub.api.idempotency import command_from
from hub.api.pagination import CursorPage, page_of, page_request
from hub.api.reading import body_of, query_of
from hub.api.views import RESIDENT, HubAPIView
from regional_services.survey import selectors, services
from regional_services.survey.permissions import VIEW
from regional_services.survey.selectors import InvitationView, QuestionFigures, Standing
from regional_services.survey.serializers import (
    FullSurveySerializer,
    SurveyAnswersSerializer,
    SurveyFiguresSerializer,
    SurveyListQuery,
    SurveySerializer,
    SurveySpanQuery,
)

_TAGS = ["surveys"]
_SPAN = timedelta(days=29)


class Surveys(HubAPIView):
    """The account's surveys."""

    permission = RESIDENT
    paged_methods = frozenset({"GET"})

    @extend_schema(
        summary="我的满意度问卷",
        parameters=[SurveyListQuery],
        responses=page_of(SurveySerializer),
        operation_id="surveys_list",
        tags=_TAGS,
    )
    def get(self, request: Request) -> Response:
        """Newest invitation first."""
        page, asked = page_request(request), query_of(request, SurveyListQuery)
        state = Standing(asked["state"]) if "state" in asked else None
        after = (datetime.fromisoformat(page.after[0]), UUID(page.after[1])) if page.after else None
        rows = selectors.own_list(self.actor, state=state, after=after, limit=page.limit + 1)
        found = CursorPage.of(rows, page, key=lambda row: (row.invited_at, row.id))
        return found.shown(SurveySerializer)


class Survey(HubAPIView):
    """One of them."""

    permission = RESIDENT

    @extend_schema(summary="一份问卷", responses=FullSurveySerializer, operation_id="surveys_read", tags=_TAGS)
    def get(self, _request: Request, invitation_id: UUID) -> Response:
        """What is asked, and what was answered."""
        return _told(selectors.invitation(self.actor, invitation_id))


class SurveyAnswers(HubAPIView):
    """The answers to one."""

    permission = RESIDENT
    idempotent_methods = frozenset({"POST"})

    @extend_schema(
        summary="提交问卷",
        request=SurveyAnswersSerializer,
        responses=FullSurveySerializer,
        operation_id="surveys_answer",
        tags=_TAGS,
    )
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """Once for a visit; the same Idempotency-Key again is that once."""
        given = body_of(request, SurveyAnswersSerializer)
        services.answer(
            actor=self.actor,
            invitation_id=invitation_id,
            values=given["answers"],
            command=command_from(request, "survey.answer"),
        )
        return _told(selectors.invitation(self.actor, invitation_id))


class SurveyFigures(HubAPIView):
    """What a hospital's residents answered; nobody is named in it."""

    permission = VIEW

    @extend_schema(
        summary="本院满意度统计",
        parameters=[SurveySpanQuery],
        responses=SurveyFiguresSerializer,
        operation_id="hospital_surveys_figures",
        tags=_TAGS,
    )
    def get(self, request: Request) -> Response:
        """Of some days; the newest fifty comments to each question that asks for words."""
        asked = query_of(request, SurveySpanQuery)
        until = asked.get("until") or clock.today()
        since = min(asked.get("since") or until - _SPAN, until)
        found = selectors.figures(self.actor, since, until)
        shown = {
            "since": since,
            "until": until,
            "invited": found.invited,
            "answered": found.answered,
            "questions": [_figures(one) for one in found.questions],
        }
        return Response(SurveyFiguresSerializer(shown).data)


def _told(view: InvitationView) -> Response:
    questions = [
        {
            "key": question.key,
            "text": question.text,
            "kind": question.kind.value,
            "is_required": question.required,
            "marks": [{"value": value, "text": words} for value, words in question.marks],
            "answer": view.answers.get(question.key, ""),
        }
        for question in view.questions
    ]
    listed = SurveySerializer(view).data
    appearance = {"colour": view.style.colour, "greeting": view.style.greeting, "thanks": view.style.thanks}
    return Response(FullSurveySerializer({**listed, "appearance": appearance, "questions": questions}).data)


def _figures(one: QuestionFigures) -> dict[str, Any]:
    return {
        "key": one.question.key,
        "text": one.question.text,
        "kind": one.question.kind.value,
        "count": one.count,
        "mean": one.mean,
        "marks": [{"text": words, "count": count} for words, count in one.marks],
        "comments": [{"at": at, "text": text} for at, text in one.comments],
    }
