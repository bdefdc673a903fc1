"""Routes of a hospital's workspace, on its own host."""

from django.urls import URLPattern, URLResolver, path

from portal.hospital import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.today, name="workspace"),
    path("messages", views.connector, name="workspace-messages"),
    path("messages/<uuid:exchange_id>", views.message, name="workspace-message"),
    path("messages/<uuid:exchange_id>/rerun", views.rerun, name="workspace-rerun"),
]
