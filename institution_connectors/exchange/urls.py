"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from institution_connectors.exchange.api import CollectionView, MessagesView, ResourceView

urlpatterns: list[URLPattern | URLResolver] = [
    path("institution/v1/<str:code>/messages", MessagesView.as_view(), name="institution-messages"),
    path("institution/v1/<str:code>/fhir", CollectionView.as_view(), name="institution-fhir"),
    path("institution/v1/<str:code>/fhir/<str:kind>/<str:wanted>", ResourceView.as_view(), name="institution-fhir-one"),
]
