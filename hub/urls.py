"""All routes. Upper layers are named as strings; a hospital's own host has its own (`hub/tenancy/middleware.py`)."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from hub.accounts.views import sealed_key

handler404 = "hub.api.middleware.not_found"
handler500 = "hub.api.middleware.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("hub.observability.urls")),
    path("api/schema.json", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("api/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/", include("hub.accounts.urls")),
    path("api/", include("hub.staff_platform.urls")),
    path("api/", include("regional_services.identity.urls")),
    path("api/", include("regional_services.catalog.urls")),
    path("api/", include("regional_services.doctors.urls")),
    path("api/", include("regional_services.booking.urls")),
    path("api/", include("regional_services.waitlist.urls")),
    path("api/", include("regional_services.accountlife.urls")),
    path("api/", include("regional_services.entries.urls")),
    path("api/", include("regional_services.insurance.urls")),
    path("api/", include("regional_services.feedback.urls")),
    path("api/", include("regional_services.survey.urls")),
    path("api/", include("regional_services.payments.urls")),
    path("api/", include("regional_services.notifications.urls")),
    path("api/", include("institution_connectors.exchange.urls")),
    path("api/", include("tenants.registry.urls")),
    path("session/sealed-key", sealed_key, name="sealed-key"),
    path("desk/", include("portal.desk.urls")),
    *[path(f"district/modules/{name.rpartition('.')[2]}/", include(f"{name}.urls")) for name in settings.HUB_MODULES],
    path("district/", include("portal.region.urls")),
    path("workspace/", include("portal.hospital.urls")),
    path("screens/", include("portal.screens.urls")),
    path("kiosk/", include("portal.kiosk.urls")),
    path("", include("portal.resident.urls")),
]
