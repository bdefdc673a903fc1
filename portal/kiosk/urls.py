"""Routes of machines to check in at; each is open to whoever holds a machine's signed link, on its hospital's host."""

from django.urls import URLPattern, URLResolver, path

from portal.kiosk import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:token>", views.start, name="kiosk"),
    path("<str:token>/type", views.type_number, name="kiosk-type"),
    path("<str:token>/check-in", views.check_in, name="kiosk-check-in"),
    path("<str:token>/answer", views.answer, name="kiosk-answer"),
    path("<str:token>/shown/<str:shown_id>", views.shown, name="kiosk-shown"),
    path("<str:token>/done", views.done, name="kiosk-done"),
]
