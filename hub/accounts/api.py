"""Sign-in of residents for apps: phone code, WeChat, tokens. Pages use the same services."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.accounts import serializers as shapes
from hub.accounts import services
from hub.accounts.permissions import OPEN_RECORDS
from hub.accounts.results import Client, SignedIn, TokenPair
from hub.api.views import PUBLIC, RESIDENT, HubAPIView
from hub.errors import InvalidInput, NotSignedIn

_WECHAT_RETURN = "/signin/wechat/back"
_DEVICE_HEADER = "X-Device-ID"
_POLL_SECONDS = "1"


class CodesView(HubAPIView):
    """Phone codes."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_request_code",
        summary="请求短信验证码",
        tags=["auth"],
        request=shapes.CodeRequestIn,
        responses={202: shapes.CodeRequestOut},
    )
    def post(self, request: Request) -> Response:
        """Send a code. The answer is the same whether or not the phone is known."""
        form = shapes.CodeRequestIn(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        asked = services.request_phone_code(
            actor=self.actor, phone=data["phone"], purpose=data["purpose"], binding=data["device_id"]
        )
        body = {"expires_in": asked.expires_in, "resend_after": asked.resend_after}
        return Response(body, status=status.HTTP_202_ACCEPTED)


class TokensView(HubAPIView):
    """Tokens for proofs."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_sign_in",
        summary="登录并取得令牌",
        tags=["auth"],
        request=shapes.TokenIn,
        responses={201: shapes.TokenOut},
    )
    def post(self, request: Request) -> Response:
        """Sign in with a phone code or a confirmed WeChat ask."""
        form = shapes.TokenIn(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        client = Client(
            binding=data["device_id"],
            device=data["device_id"],
            agent=request.headers.get("User-Agent", ""),
            wants_tokens=True,
        )
        signed_in: SignedIn
        if data["grant"] == "phone":
            signed_in = services.sign_in_with_code(
                actor=self.actor, phone=data["phone"], code=data["code"], client=client
            )
        else:
            signed_in = services.sign_in_with_wechat(actor=self.actor, ask_id=data["ask_id"], client=client)
        return Response(_token_body(services.tokens_of(signed_in)), status=status.HTTP_201_CREATED)


class RefreshView(HubAPIView):
    """Rotation."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_refresh",
        summary="用刷新令牌换取新令牌",
        tags=["auth"],
        request=shapes.RefreshIn,
        responses={200: shapes.TokenOut},
    )
    def post(self, request: Request) -> Response:
        """Trade a refresh token; one that comes twice ends the sign-in."""
        form = shapes.RefreshIn(data=request.data)
        form.is_valid(raise_exception=True)
        pair = services.refresh_tokens(actor=self.actor, refresh_token=form.validated_data["refresh_token"])
        return Response(_token_body(pair))


class RevokeView(HubAPIView):
    """Signing out."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_revoke",
        summary="退出登录，令牌立即失效",
        tags=["auth"],
        request=shapes.RefreshIn,
        responses={204: OpenApiResponse(description="signed out, or nobody was signed in")},
    )
    def post(self, request: Request) -> Response:
        """End the sign-in a refresh token belongs to."""
        form = shapes.RefreshIn(data=request.data)
        form.is_valid(raise_exception=True)
        services.revoke_refresh_token(actor=self.actor, refresh_token=form.validated_data["refresh_token"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class WechatView(HubAPIView):
    """A WeChat sign-in begins."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_wechat_start",
        summary="开始微信网页授权登录",
        tags=["auth"],
        request=shapes.WechatStartIn,
        responses={201: shapes.WechatStartOut},
    )
    def post(self, request: Request) -> Response:
        """The address of WeChat's authorisation page."""
        form = shapes.WechatStartIn(data=request.data)
        form.is_valid(raise_exception=True)
        started = services.start_wechat(
            actor=self.actor, binding=form.validated_data["device_id"], return_to=_WECHAT_RETURN
        )
        body = {"ask_id": started.ask_id, "authorize_url": started.authorize_url}
        return Response(body, status=status.HTTP_201_CREATED)


class WechatCodeView(HubAPIView):
    """The browser is back from WeChat."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_wechat_code",
        summary="提交微信授权码",
        tags=["auth"],
        request=shapes.WechatCodeIn,
        responses={202: shapes.WechatProgressOut},
    )
    def post(self, request: Request) -> Response:
        """Hand in the code; ask for the outcome at the address in Location."""
        form = shapes.WechatCodeIn(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        ask_id = services.receive_wechat_code(
            actor=self.actor, state=data["state"], code=data["code"], binding=data["device_id"]
        )
        return Response(
            {"ask_id": ask_id, "status": "pending", "reason": ""},
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/resident/v1/auth/wechat/{ask_id}", "Retry-After": _POLL_SECONDS},
        )


class WechatProgressView(HubAPIView):
    """The outcome of a WeChat ask."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_wechat_progress",
        summary="查询微信授权结果",
        tags=["auth"],
        parameters=[OpenApiParameter(_DEVICE_HEADER, str, OpenApiParameter.HEADER, required=True)],
        responses={200: shapes.WechatProgressOut},
    )
    def get(self, request: Request, ask_id: UUID) -> Response:
        """Pending, ready or refused."""
        device = request.headers.get(_DEVICE_HEADER, "")
        if not device:
            raise InvalidInput(fields={_DEVICE_HEADER: "请提供设备标识"})
        found = services.wechat_progress(ask_id=ask_id, binding=device)
        headers = {"Retry-After": _POLL_SECONDS} if found.status == "pending" else {}
        return Response({"ask_id": ask_id, "status": found.status, "reason": found.reason}, headers=headers)


class MeView(HubAPIView):
    """The signed-in account."""

    permission = RESIDENT

    @extend_schema(operation_id="auth_me", summary="当前登录账号", tags=["auth"], responses={200: shapes.MeOut})
    def get(self, _request: Request) -> Response:
        """Who the token belongs to."""
        actor = self.actor
        if actor.id is None:
            raise NotSignedIn
        return Response({"id": actor.id, "name": actor.name, "identity_due": not actor.may(OPEN_RECORDS)})


def _token_body(pair: TokenPair) -> dict[str, object]:
    return {
        "token_type": "Bearer",
        "access_token": pair.access_token,
        "access_expires_at": pair.access_expires_at,
        "refresh_token": pair.refresh_token,
        "refresh_expires_at": pair.refresh_expires_at,
        "identity_due": pair.identity_due,
    }
