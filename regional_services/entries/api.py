"""`/api/resident/v1/entries`: links from other accounts and apps, opened by an app instead of a page."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hub.actor import Actor
from hub.api.views import RESIDENT, HubAPIView
from regional_services.entries import arriving, following, selectors, services
from regional_services.entries.models import FollowState
from regional_services.entries.selectors import Progress, Step
from regional_services.entries.serializers import (
    ArrivalSerializer,
    EntryPersonChoiceSerializer,
    EntryReturnSerializer,
    EntryVisitSerializer,
    render,
)
from regional_services.identity.access import account


def _progress(actor: Actor, visit_id: UUID) -> Progress:
    """Where the visitor stands; what WeChat has to say is asked for when it is needed."""
    found = selectors.progress(selectors.visit_for(actor, visit_id, ""))
    if found.step is Step.FOLLOW and found.follow is None:
        following.ask(actor=actor, account_id=account(actor))
        found = selectors.progress(found.visit)
    return found


class EntriesView(HubAPIView):
    """Links that lead in."""

    permission = RESIDENT

    @extend_schema(operation_id="entries_open", request=ArrivalSerializer, responses={201: EntryVisitSerializer})
    def post(self, request: Request) -> Response:
        """Open a signed link; it is good once. Refusals: `entries.*`."""
        given = ArrivalSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        token = f"account:{account(self.actor)}"
        visit_id = arriving.arrive(actor=self.actor, parameters=given.validated_data["parameters"], token=token)
        where = f"/api/resident/v1/entries/{visit_id}"
        return Response(render(_progress(self.actor, visit_id)), status=201, headers={"Location": where})


class EntryView(HubAPIView):
    """One visit."""

    permission = RESIDENT

    @extend_schema(operation_id="entries_read", responses=EntryVisitSerializer)
    def get(self, request: Request, visit_id: UUID) -> Response:  # noqa: ARG002 - the route's signature
        """The step to do now; `follow` is `asked` while WeChat is being asked."""
        found = _progress(self.actor, visit_id)
        asked = found.follow in (FollowState.ASKED, FollowState.UNKNOWN)
        return Response(render(found), headers={"Retry-After": "1"} if asked else {})


class EntryPersonView(HubAPIView):
    """For whom."""

    permission = RESIDENT

    @extend_schema(operation_id="entries_choose", request=EntryPersonChoiceSerializer, responses=EntryVisitSerializer)
    def post(self, request: Request, visit_id: UUID) -> Response:
        """Choose one of one's people."""
        given = EntryPersonChoiceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.choose_person(actor=self.actor, visit_id=visit_id, person_id=given.validated_data["person_id"])
        return Response(render(selectors.progress(selectors.visit_for(self.actor, visit_id, ""))))


class EntryReturnView(HubAPIView):
    """The way back."""

    permission = RESIDENT

    @extend_schema(operation_id="entries_return", request=None, responses=EntryReturnSerializer)
    def post(self, request: Request, visit_id: UUID) -> Response:  # noqa: ARG002
        """The caller's address with the signed result."""
        return Response({"address": services.way_back(actor=self.actor, visit_id=visit_id)})
