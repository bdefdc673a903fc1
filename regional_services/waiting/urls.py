"""API routes of places in line, included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.waiting import api

_BOOKING = "resident/v1/bookings/<uuid:booking_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{_BOOKING}/queue", api.PlaceView.as_view(), name="api-booking-queue"),
    path(f"{_BOOKING}/check-in", api.CheckInView.as_view(), name="api-booking-check-in"),
    path(f"{_BOOKING}/follow", api.FollowView.as_view(), name="api-booking-follow"),
]
