"""The residents' API of messages, and the addresses where channels leave their reports."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.accounts.outside import SMS_SECRET
from hub.api.pagination import CursorPage, page_of, page_request
from hub.api.reading import body_of
from hub.api.views import PUBLIC, RESIDENT, HubAPIView
from hub.errors import InvalidInput
from hub.security.signed_bodies import signed_document
from hub.tenancy.scope import region
from regional_services.notifications import access, preferences, reports, selectors, services
from regional_services.notifications.catalogue import Channel, Kind
from regional_services.notifications.channels import wechat_events
from regional_services.notifications.preferences import Preferences
from regional_services.notifications.serializers import (
    HabitSerializer,
    MessageSerializer,
    PreferencesSerializer,
    UnreadSerializer,
    WantedSerializer,
)

_RESULTS = {"delivered": True, "undelivered": False}


class Messages(HubAPIView):
    """The account's messages."""

    permission = RESIDENT
    paged_methods = frozenset({"GET"})

    @extend_schema(
        summary="我的消息",
        parameters=[OpenApiParameter("unread", bool, description="只看未读")],
        responses=page_of(MessageSerializer),
        operation_id="messages_list",
        tags=["messages"],
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        page, unread = page_request(request), request.query_params.get("unread") in {"1", "true"}
        with region(read_only=True):
            rows = selectors.messages(access.account(self.actor), after=page.after, limit=page.limit + 1, unread=unread)
        found = CursorPage.of(rows, page, key=lambda row: (row.created_at, row.id))
        return found.shown(MessageSerializer)


class Unread(HubAPIView):
    """How many messages wait."""

    permission = RESIDENT

    @extend_schema(summary="未读消息数", responses=UnreadSerializer, operation_id="messages_unread", tags=["messages"])
    def get(self, _request: Request) -> Response:
        """The number beside the bell."""
        with region(read_only=True):
            count = selectors.unread_count(access.account(self.actor))
        return Response({"unread": count})

    @extend_schema(
        summary="全部标为已读", request=None, responses={204: None}, operation_id="messages_read_all", tags=["messages"]
    )
    def delete(self, _request: Request) -> Response:
        """Nothing waits any more."""
        services.read_all(actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MessageRead(HubAPIView):
    """That a message was read."""

    permission = RESIDENT

    @extend_schema(
        summary="标为已读", request=None, responses={204: None}, operation_id="messages_read", tags=["messages"]
    )
    def put(self, _request: Request, message_id: UUID) -> Response:
        """Again changes nothing."""
        services.read_message(message_id, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MessagePreferences(HubAPIView):
    """What the account wants to be told, and through what: the page 消息设置 for other programs."""

    permission = RESIDENT

    @extend_schema(
        summary="消息设置", responses=PreferencesSerializer, operation_id="messages_preferences", tags=["messages"]
    )
    def get(self, _request: Request) -> Response:
        """Every kind with the channels this account has."""
        mine = preferences.preferences(self.actor)
        shown = {
            "first": mine.first,
            "language": mine.language,
            "kinds": [_choices(kind, mine) for kind in preferences.kinds()],
        }
        return Response(PreferencesSerializer(shown).data)

    @extend_schema(
        summary="首选渠道与语言",
        request=HabitSerializer,
        responses={204: None},
        operation_id="messages_habit",
        tags=["messages"],
    )
    def put(self, request: Request) -> Response:
        """Again changes nothing."""
        preferences.change_habit(actor=self.actor, **body_of(request, HabitSerializer))
        return Response(status=status.HTTP_204_NO_CONTENT)


class MessageKind(HubAPIView):
    """Where one kind of message comes through."""

    permission = RESIDENT

    @extend_schema(
        summary="一类消息的渠道",
        request=WantedSerializer,
        responses={204: None, 422: OpenApiResponse(description="这类消息不能退订")},
        operation_id="messages_kind",
        tags=["messages"],
    )
    def put(self, request: Request, kind: str) -> Response:
        """These of the channels shown, and no other of them."""
        given = body_of(request, WantedSerializer)
        preferences.choose_shown(actor=self.actor, kind=kind, wanted=given["channels"])
        return Response(status=status.HTTP_204_NO_CONTENT)


def _choices(kind: Kind, mine: Preferences) -> dict[str, object]:
    return {
        "kind": kind.name,
        "title": kind.title,
        "may_be_declined": kind.may_be_declined,
        "channels": [
            {"channel": channel, "wanted": preferences.is_wanted(kind, channel, mine)}
            for channel in preferences.possible(kind, mine)
        ],
    }


class SmsReceipt(HubAPIView):
    """Where the SMS gateway says what became of a message; the signature is the sign-in."""

    permission = PUBLIC
    rate = "provider"

    @extend_schema(
        summary="短信回执",
        request=None,
        responses={204: None, 401: OpenApiResponse(description="签名验证失败")},
        operation_id="sms_receipt",
        tags=["provider"],
    )
    def post(self, request: Request) -> Response:
        """A receipt for a message that is not ours changes nothing."""
        document = signed_document(request.headers.get("X-Signature", ""), request.body, SMS_SECRET)
        try:
            key, delivered = UUID(document["message_id"]).hex, _RESULTS[document["result"]]
        except (ValueError, KeyError, TypeError) as problem:
            raise InvalidInput from problem
        reports.take(Channel.SMS, key, delivered=delivered, reason="" if delivered else "网关报告未送达")
        return Response(status=status.HTTP_204_NO_CONTENT)


class WechatEvents(HubAPIView):
    """The server address of the official account: its results come sealed and signed (secure mode)."""

    permission = PUBLIC
    rate = "provider"

    @extend_schema(
        summary="公众号服务器地址验证",
        responses={(200, "text/plain"): str, 401: OpenApiResponse(description="签名验证失败")},
        operation_id="wechat_events_verify",
        tags=["provider"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The echo that proves to the platform whose address this is."""
        query = request.query_params
        wechat_events.require(query.get("signature", ""), query.get("timestamp", ""), query.get("nonce", ""))
        return HttpResponse(query.get("echostr", ""), content_type="text/plain")

    @extend_schema(
        summary="公众号事件推送",
        request=None,
        responses={(200, "text/plain"): str, 401: OpenApiResponse(description="签名验证失败")},
        operation_id="wechat_events",
        tags=["provider"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Whether template messages arrived; other events are taken and left."""
        found = wechat_events.read(request.query_params.dict(), request.body)
        if found is not None:
            reports.take(Channel.WECHAT, found.key, delivered=found.delivered, reason=found.reason)
        return HttpResponse("success", content_type="text/plain")
