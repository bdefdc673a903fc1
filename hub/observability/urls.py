"""Routes of health and metrics."""

from django.urls import URLPattern, URLResolver, path

from hub.observability import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics_page, name="metrics"),
]
