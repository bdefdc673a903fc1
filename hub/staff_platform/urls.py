"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from hub.staff_platform import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("provider/v1/staff-platform/push", api.PushView.as_view(), name="staff-platform-push"),
]
