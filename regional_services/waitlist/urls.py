"""API routes of the waiting list, included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.waitlist import api

_ENTRY = "resident/v1/waiting-entries/<uuid:entry_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("resident/v1/waiting-entries", api.EntriesView.as_view(), name="api-waiting-entries"),
    path(_ENTRY, api.EntryDetailView.as_view(), name="api-waiting-entry"),
    path(f"{_ENTRY}/accept", api.AcceptView.as_view(), name="api-waiting-entry-accept"),
    path(f"{_ENTRY}/leave", api.LeaveView.as_view(), name="api-waiting-entry-leave"),
]
