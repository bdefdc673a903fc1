"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.insurance import api

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "resident/v1/bookings/<uuid:booking_id>/insurance-voucher",
        api.BookingVoucherView.as_view(),
        name="api-booking-voucher",
    ),
]
