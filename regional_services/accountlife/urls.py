"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.accountlife import api

_V1 = "resident/v1/account"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{_V1}/merges", api.MergesView.as_view(), name="api-account-merges"),
    path(f"{_V1}/merges/<uuid:merge_id>", api.AccountMergeView.as_view(), name="api-account-merge"),
    path(f"{_V1}/closing", api.ClosingView.as_view(), name="api-account-closing"),
]
