"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.entries import api

_ONE = "resident/v1/entries/<uuid:visit_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("resident/v1/entries", api.EntriesView.as_view(), name="api-entries"),
    path(_ONE, api.EntryView.as_view(), name="api-entry"),
    path(f"{_ONE}/person", api.EntryPersonView.as_view(), name="api-entry-person"),
    path(f"{_ONE}/return", api.EntryReturnView.as_view(), name="api-entry-return"),
]
