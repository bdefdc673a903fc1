"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from institution_connectors.exchange.api import MessagesView

urlpatterns: list[URLPattern | URLResolver] = [
    path("institution/v1/<str:code>/messages", MessagesView.as_view(), name="institution-messages"),
]
