"""`/api/resident/v1/feedback`: write, read one's own, add, rate. Photographs are sent on the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.idempotency import command_from
from hub.api.pagination import CursorPage, page_of, page_request
from hub.api.reading import body_of
from hub.api.views import RESIDENT, HubAPIView
from regional_services.feedback import selectors, services
from regional_services.feedback.selectors import FeedbackView
from regional_services.feedback.serializers import (
    AdditionSerializer,
    FeedbackSerializer,
    NewFeedbackSerializer,
    RatingSerializer,
)

_TAGS = ["feedback"]


class FeedbackList(HubAPIView):
    """The account's items, and new ones."""

    permission = RESIDENT
    idempotent_methods = frozenset({"POST"})
    paged_methods = frozenset({"GET"})

    @extend_schema(summary="我的反馈", responses=page_of(FeedbackSerializer), operation_id="feedback_list", tags=_TAGS)
    def get(self, request: Request) -> Response:
        """Newest first."""
        page = page_request(request)
        skip = int(page.after[0]) if page.after else 0
        rows = selectors.own_list(self.actor, after=skip, limit=page.limit)
        places = {row.id: skip + place for place, row in enumerate(rows, start=1)}
        found = CursorPage.of(rows, page, key=lambda row: (places[row.id],))
        return found.shown(FeedbackSerializer)

    @extend_schema(
        summary="提交反馈",
        request=NewFeedbackSerializer,
        responses={201: FeedbackSerializer},
        operation_id="feedback_submit",
        tags=_TAGS,
    )
    def post(self, request: Request) -> Response:
        """Submit; the same Idempotency-Key gives the same item."""
        values = body_of(request, NewFeedbackSerializer)
        key = command_from(request, "feedback.submit").key
        found = services.submit(actor=self.actor, wish=services.Wish(**values), key=key)
        return Response(_told(selectors.one(self.actor, found)), status=201)


class FeedbackDetail(HubAPIView):
    """One item with its thread."""

    permission = RESIDENT

    @extend_schema(summary="一条反馈", responses=FeedbackSerializer, operation_id="feedback_read", tags=_TAGS)
    def get(self, _request: Request, feedback_id: UUID) -> Response:
        """The whole thread."""
        return Response(_told(selectors.one(self.actor, feedback_id)))


class FeedbackAdditions(HubAPIView):
    """More on an item."""

    permission = RESIDENT
    idempotent_methods = frozenset({"POST"})

    @extend_schema(
        summary="追加",
        request=AdditionSerializer,
        responses=FeedbackSerializer,
        operation_id="feedback_add",
        tags=_TAGS,
    )
    def post(self, request: Request, feedback_id: UUID) -> Response:
        """Add; an answered item goes back to work."""
        values, key = body_of(request, AdditionSerializer), command_from(request, "feedback.add").key
        services.add(actor=self.actor, feedback_id=feedback_id, text=values["text"], key=key)
        return Response(_told(selectors.one(self.actor, feedback_id)))


class FeedbackRating(HubAPIView):
    """How an item was handled."""

    permission = RESIDENT

    @extend_schema(
        summary="评价办理",
        request=RatingSerializer,
        responses=FeedbackSerializer,
        operation_id="feedback_rate",
        tags=_TAGS,
    )
    def put(self, request: Request, feedback_id: UUID) -> Response:
        """Once, after its end."""
        values = body_of(request, RatingSerializer)
        services.rate(actor=self.actor, feedback_id=feedback_id, stars=str(values["stars"]), text=values["text"])
        return Response(_told(selectors.one(self.actor, feedback_id)))


def _told(view: FeedbackView) -> Any:
    return FeedbackSerializer(view).data
