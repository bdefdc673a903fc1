"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from hub.accounts import api, ways_api

_PLATFORM = "resident/v1/auth/platforms/<slug:platform>"
_WECHAT = {"platform": "wechat"}

urlpatterns: list[URLPattern | URLResolver] = [
    path("resident/v1/auth/codes", api.CodesView.as_view(), name="auth-codes"),
    path("resident/v1/auth/tokens", api.TokensView.as_view(), name="auth-tokens"),
    path("resident/v1/auth/tokens/refresh", api.RefreshView.as_view(), name="auth-refresh"),
    path("resident/v1/auth/tokens/revoke", api.RevokeView.as_view(), name="auth-revoke"),
    path("resident/v1/auth/wechat", api.WechatView.as_view(), _WECHAT, name="auth-wechat"),
    path("resident/v1/auth/wechat/code", api.WechatCodeView.as_view(), _WECHAT, name="auth-wechat-code"),
    path(
        "resident/v1/auth/wechat/<uuid:ask_id>", api.WechatProgressView.as_view(), _WECHAT, name="auth-wechat-progress"
    ),
    path(_PLATFORM, api.PlatformView.as_view(), name="auth-platform"),
    path(f"{_PLATFORM}/code", api.PlatformCodeView.as_view(), name="auth-platform-code"),
    path(f"{_PLATFORM}/<uuid:ask_id>", api.PlatformProgressView.as_view(), name="auth-platform-progress"),
    path("resident/v1/auth/ways", ways_api.WaysView.as_view(), name="auth-ways"),
    path("resident/v1/auth/ways/<uuid:handle_id>", ways_api.WayView.as_view(), name="auth-way"),
    path("resident/v1/auth/me", api.MeView.as_view(), name="auth-me"),
]
