"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from hub.accounts import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("resident/v1/auth/codes", api.CodesView.as_view(), name="auth-codes"),
    path("resident/v1/auth/tokens", api.TokensView.as_view(), name="auth-tokens"),
    path("resident/v1/auth/tokens/refresh", api.RefreshView.as_view(), name="auth-refresh"),
    path("resident/v1/auth/tokens/revoke", api.RevokeView.as_view(), name="auth-revoke"),
    path("resident/v1/auth/wechat", api.WechatView.as_view(), name="auth-wechat"),
    path("resident/v1/auth/wechat/code", api.WechatCodeView.as_view(), name="auth-wechat-code"),
    path("resident/v1/auth/wechat/<uuid:ask_id>", api.WechatProgressView.as_view(), name="auth-wechat-progress"),
    path("resident/v1/auth/me", api.MeView.as_view(), name="auth-me"),
]
