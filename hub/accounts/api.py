"""Sign-in of residents for apps: phone code, platforms, tokens. Pages use the same services."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.accounts import platforms, services
from hub.accounts import serializers as shapes
from hub.accounts.permissions import OPEN_RECORDS
from hub.accounts.results import Client, SignedIn, TokenPair
from hub.accounts.services import platforms as ways
from hub.api.views import PUBLIC, RESIDENT, HubAPIView
from hub.errors import InvalidInput, NotSignedIn

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
        """Sign in with a phone code or a confirmed authorisation."""
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
            platform = platforms.named(data["grant"].replace("_", "-"))
            signed_in = ways.sign_in(actor=self.actor, platform=platform, ask_id=data["ask_id"], client=client)
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


class PlatformView(HubAPIView):
    """A sign-in at a platform begins."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_platform_start",
        summary="开始第三方平台授权登录（wechat、alipay、city-app）",
        tags=["auth"],
        request=shapes.AskStartIn,
        responses={201: shapes.AskStartOut},
    )
    def post(self, request: Request, platform: str) -> Response:
        """The address of the platform's authorisation page."""
        form = shapes.AskStartIn(data=request.data)
        form.is_valid(raise_exception=True)
        started = ways.start(
            actor=self.actor, platform=platforms.named(platform), binding=form.validated_data["device_id"]
        )
        body = {"ask_id": started.ask_id, "authorize_url": started.authorize_url}
        return Response(body, status=status.HTTP_201_CREATED)


class PlatformCodeView(HubAPIView):
    """The browser is back from a platform."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_platform_code",
        summary="提交第三方平台授权码",
        tags=["auth"],
        request=shapes.AskCodeIn,
        responses={202: shapes.AskProgressOut},
    )
    def post(self, request: Request, platform: str) -> Response:
        """Hand in the code; ask for the outcome at the address in Location."""
        form = shapes.AskCodeIn(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        ask_id = ways.receive_code(
            actor=self.actor,
            platform=platforms.named(platform),
            state=data["state"],
            code=data["code"],
            binding=data["device_id"],
        )
        return Response(
            {"ask_id": ask_id, "status": "pending", "reason": ""},
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"{request.path.removesuffix('/code')}/{ask_id}", "Retry-After": _POLL_SECONDS},
        )


class PlatformProgressView(HubAPIView):
    """The outcome of an authorisation."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        operation_id="auth_platform_progress",
        summary="查询第三方平台授权结果",
        tags=["auth"],
        parameters=[OpenApiParameter(_DEVICE_HEADER, str, OpenApiParameter.HEADER, required=True)],
        responses={200: shapes.AskProgressOut},
    )
    def get(self, request: Request, platform: str, ask_id: UUID) -> Response:
        """Pending, ready or refused."""
        device = request.headers.get(_DEVICE_HEADER, "")
        if not device:
            raise InvalidInput(fields={_DEVICE_HEADER: "请提供设备标识"})
        found = ways.progress(platform=platforms.named(platform), ask_id=ask_id, binding=device)
        headers = {"Retry-After": _POLL_SECONDS} if found.status == "pending" else {}
        return Response({"ask_id": ask_id, "status": found.status, "reason": found.reason}, headers=headers)


@extend_schema_view(post=extend_schema(operation_id="auth_wechat_start", summary="开始微信网页授权登录"))
class WechatView(PlatformView):
    """The same for WeChat, at the address programs knew first."""


@extend_schema_view(post=extend_schema(operation_id="auth_wechat_code", summary="提交微信授权码"))
class WechatCodeView(PlatformCodeView):
    """The same for WeChat."""


@extend_schema_view(get=extend_schema(operation_id="auth_wechat_progress", summary="查询微信授权结果"))
class WechatProgressView(PlatformProgressView):
    """The same for WeChat."""


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
