"""Routes of devices that work by a signed link: waiting-room screens."""

from django.urls import URLPattern, URLResolver, path

from portal.screens import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:token>", views.device, name="device"),
    path("<str:token>/board", views.board, name="device-board"),
    path("<str:token>/voice.json", views.voice, name="device-voice"),
]
