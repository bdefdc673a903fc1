"""API routes of bookings, included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.booking import api

_BOOKING = "resident/v1/bookings/<uuid:booking_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("resident/v1/bookings", api.BookingsView.as_view(), name="api-bookings"),
    path(_BOOKING, api.BookingDetailView.as_view(), name="api-booking"),
    path(f"{_BOOKING}/history", api.HistoryView.as_view(), name="api-booking-history"),
    path(f"{_BOOKING}/cancel", api.CancelView.as_view(), name="api-booking-cancel"),
    path("resident/v1/institutions/<slug:code>/line", api.LineView.as_view(), name="api-line"),
    path(f"{_BOOKING}/reschedule", api.RescheduleView.as_view(), name="api-booking-reschedule"),
    path(f"{_BOOKING}/registration", api.RegisterView.as_view(), name="api-booking-register"),
    path(f"{_BOOKING}/check-in", api.CheckInView.as_view(), name="api-booking-check-in"),
]
