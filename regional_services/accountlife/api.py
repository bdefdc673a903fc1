"""`/api/resident/v1/account`: two accounts made one, an account closed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.accounts import platforms
from hub.api.views import RESIDENT, HubAPIView
from regional_services.accountlife import closing, merging, selectors
from regional_services.accountlife.models import Closing
from regional_services.accountlife.selectors import MergeView
from regional_services.identity.access import account


class MergeProofSerializer(serializers.Serializer[Any]):
    """The other account's phone and the code sent to it (purpose `merge`), or a platform's confirmed authorisation."""

    phone = serializers.CharField(max_length=20, required=False)
    code = serializers.CharField(max_length=6, required=False)
    platform = serializers.SlugField(required=False, help_text="wechat, alipay or city-app")
    ask_id = serializers.UUIDField(required=False)
    device_id = serializers.CharField(max_length=64, help_text="as given when the code or authorisation was requested")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each proof is whole."""
        needed = ("platform", "ask_id") if "platform" in attrs else ("phone", "code")
        missing = {name: "该字段是必填项。" for name in needed if name not in attrs}
        if missing:
            raise serializers.ValidationError(missing)
        return attrs


class MergeCountSerializer(serializers.Serializer[Any]):
    """How much of one kind the other account has."""

    title = serializers.CharField()
    count = serializers.IntegerField()


class MergeSerializer(serializers.Serializer[Any]):
    """A merge: what would come over, or what became of it."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    way = serializers.CharField()
    holds = MergeCountSerializer(many=True)
    shared = serializers.IntegerField(help_text="people both accounts act for")
    undo_until = serializers.DateTimeField(allow_null=True)


class ClosingProofSerializer(serializers.Serializer[Any]):
    """The code sent to the account's own phone (purpose `close`)."""

    code = serializers.CharField(max_length=6)
    device_id = serializers.CharField(max_length=64)


class ClosingSerializer(serializers.Serializer[Any]):
    """Whether the account is to be closed, and what stands in the way."""

    asked_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    matters = serializers.ListField(child=serializers.CharField())


class MergesView(HubAPIView):
    """Merges into this account."""

    permission = RESIDENT

    @extend_schema(operation_id="account_merge_propose", request=MergeProofSerializer, responses={201: MergeSerializer})
    def post(self, request: Request) -> Response:
        """Prove another account; nothing moves yet."""
        given = MergeProofSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        binding = data["device_id"]
        if "platform" in data:
            platform = platforms.named(data["platform"])
            merge_id = merging.propose_by_platform(
                actor=self.actor, platform=platform, ask_id=data["ask_id"], binding=binding
            )
        else:
            merge_id = merging.propose_by_phone(
                actor=self.actor, phone=data["phone"], code=data["code"], binding=binding
            )
        where = f"/api/resident/v1/account/merges/{merge_id}"
        return Response(_merge(selectors.own(self.actor, merge_id)), status=201, headers={"Location": where})


class AccountMergeView(HubAPIView):
    """One merge."""

    permission = RESIDENT

    @extend_schema(operation_id="account_merge_read", responses=MergeSerializer)
    def get(self, request: Request, merge_id: UUID) -> Response:  # noqa: ARG002 - the route's signature
        """What would come over, or what became of it."""
        return Response(_merge(selectors.own(self.actor, merge_id)))

    @extend_schema(operation_id="account_merge_confirm", request=None, responses=MergeSerializer)
    def post(self, request: Request, merge_id: UUID) -> Response:  # noqa: ARG002
        """Make one of two."""
        merging.confirm(actor=self.actor, merge_id=merge_id)
        return Response(_merge(selectors.own(self.actor, merge_id)))

    @extend_schema(operation_id="account_merge_undo", responses=MergeSerializer)
    def delete(self, request: Request, merge_id: UUID) -> Response:  # noqa: ARG002
        """Two again, within the period."""
        merging.undo(actor=self.actor, merge_id=merge_id)
        return Response(_merge(selectors.own(self.actor, merge_id)))


class ClosingView(HubAPIView):
    """The end of this account."""

    permission = RESIDENT

    @extend_schema(operation_id="account_closing_read", responses=ClosingSerializer)
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Whether it is asked for, and what stands in the way."""
        return Response(self._document(closing.closing_of(account(self.actor))))

    @extend_schema(operation_id="account_closing_ask", request=ClosingProofSerializer, responses=ClosingSerializer)
    def post(self, request: Request) -> Response:
        """Ask for it; it waits some days."""
        given = ClosingProofSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        row = closing.ask(actor=self.actor, binding=data["device_id"], code=data["code"], fresh=False)
        return Response(self._document(row))

    @extend_schema(operation_id="account_closing_withdraw", responses={200: ClosingSerializer})
    def delete(self, request: Request) -> Response:  # noqa: ARG002
        """Keep the account after all."""
        closing.withdraw(actor=self.actor)
        return Response(self._document(None))

    def _document(self, row: Closing | None) -> dict[str, Any]:
        return {
            "asked_at": row.asked_at if row else None,
            "due_at": row.due_at if row else None,
            "matters": [matter.text for matter in closing.open_matters(account(self.actor))],
        }


def _merge(view: MergeView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "state": view.state.value,
        "way": view.way.value,
        "holds": [{"title": title, "count": count} for title, count in view.holds],
        "shared": view.shared,
        "undo_until": view.undo_until,
    }
