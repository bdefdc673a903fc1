"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.catalog import api

_V1 = "resident/v1/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_V1 + "institutions", api.Institutions.as_view(), name="api-institutions"),
    path(_V1 + "institutions/<str:code>/departments", api.Departments.as_view(), name="api-departments"),
    path(_V1 + "departments/<uuid:department_id>/days", api.Days.as_view(), name="api-days"),
    path(_V1 + "departments/<uuid:department_id>/doctors", api.Doctors.as_view(), name="api-doctors"),
    path(_V1 + "sessions", api.Sessions.as_view(), name="api-sessions"),
    path(_V1 + "sessions/<uuid:session_id>/numbers", api.Numbers.as_view(), name="api-numbers"),
    path(_V1 + "search", api.Search.as_view(), name="api-search"),
]
