"""Routes of the district's portal."""

from django.urls import URLPattern, URLResolver, path

from portal.region import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.overview, name="district"),
    path("pulse.json", views.pulse, name="district-pulse"),
    path("institutions", views.institutions, name="district-institutions"),
]
