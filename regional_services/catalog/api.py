"""/api/resident/v1: institutions, departments, days, sessions, numbers. Open to everybody; nothing here is personal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.pagination import CursorPage, page_of, page_request
from hub.api.views import PUBLIC, HubAPIView
from hub.synthetic import is_synthetic
from hub.tenancy.scope import hospital, region
from regional_services.catalog import selectors
from regional_services.catalog.serializers import (
    DaySerializer,
    DepartmentSerializer,
    DoctorSerializer,
    InstitutionSerializer,
    NumberSerializer,
    PlaceQuery,
    SearchQuery,
    SearchSerializer,
    SessionSerializer,
    SessionsQuery,
)
from tenants.registry import functions
from tenants.registry import selectors as registry
from tenants.scheduling import selectors as scheduling
from tenants.scheduling.looking import note_look

Row = TypeVar("Row")


class CatalogView(HubAPIView):
    """Base: open to everybody, so many callers share an address (a hospital's own network, the demo's residents)."""

    permission = PUBLIC
    rate = "public"

    @property
    def reserved(self) -> bool:
        """Whether the caller also sees what hospitals keep for the synthetic resident."""
        return is_synthetic(self.actor.id)


class CatalogList(CatalogView):
    """Base of the lists; they are short, so a page is cut out of the whole."""

    paged_methods = frozenset({"GET"})


class Institutions(CatalogList):
    """Where one can book."""

    @extend_schema(parameters=[PlaceQuery], responses=page_of(InstitutionSerializer), operation_id="institutions")
    def get(self, request: Request) -> Response:
        """Institutions open for booking, nearest first when a place is given."""
        place = _read(PlaceQuery, request)
        with region(read_only=True):
            cards = selectors.hospitals(
                latitude=place.get("latitude"), longitude=place.get("longitude"), kind=place.get("kind", "")
            )
        return _page(request, cards, InstitutionSerializer, lambda card: (card.institution.code,))


class Departments(CatalogList):
    """What an institution has."""

    @extend_schema(responses=page_of(DepartmentSerializer), operation_id="departments")
    def get(self, request: Request, code: str) -> Response:
        """Departments with what is left in the days to come."""
        registry.institution(code).require(functions.BOOKING)
        with region(read_only=True):
            departments = selectors.departments_of(code, reserved=self.reserved)
        return _page(request, departments, DepartmentSerializer, lambda row: (row.id,))


class Days(CatalogList):
    """When a department sees patients."""

    @extend_schema(responses=page_of(DaySerializer), operation_id="department_days")
    def get(self, request: Request, department_id: UUID) -> Response:
        """Days with sessions, from today on."""
        with region(read_only=True):
            selectors.department(department_id)
            days = selectors.days_of(department_id)
        return _page(request, days, DaySerializer, lambda row: (row.date,))


class Doctors(CatalogList):
    """Who works in a department."""

    @extend_schema(responses=page_of(DoctorSerializer), operation_id="department_doctors")
    def get(self, request: Request, department_id: UUID) -> Response:
        """Doctors of a department."""
        with region(read_only=True):
            selectors.department(department_id)
            doctors = selectors.doctors_of(department_id)
        return _page(request, doctors, DoctorSerializer, lambda row: (row.id,))


class Sessions(CatalogList):
    """Sessions of a department."""

    @extend_schema(parameters=[SessionsQuery], responses=page_of(SessionSerializer), operation_id="sessions")
    def get(self, request: Request) -> Response:
        """Sessions of one day, or from today on, a page at a time."""
        query, page = _read(SessionsQuery, request), page_request(request)
        with region(read_only=True):
            department = selectors.department(query["department"], reserved=self.reserved)
            rows = selectors.sessions_of(
                department.id,
                day=query.get("date"),
                after=page.after,
                limit=page.limit + 1,
                reserved=self.reserved,
            )
        for day in {row.date for row in rows}:
            note_look(department.institution_code, department.id, day)
        return CursorPage.of(rows, page, key=lambda row: (row.date, row.id)).shown(SessionSerializer)


class Numbers(CatalogList):
    """The numbers of a session, from the hospital's own rows."""

    @extend_schema(responses=page_of(NumberSerializer), operation_id="session_numbers")
    def get(self, request: Request, session_id: UUID) -> Response:
        """Free and full numbers, in order."""
        with region(read_only=True):
            session = selectors.session(session_id, reserved=self.reserved)
        with hospital(session.institution_code, read_only=True):
            numbers = scheduling.numbers_of(session_id)
        note_look(session.institution_code, session.department_id, session.date)
        return _page(request, numbers, NumberSerializer, lambda row: (row.id,))


class Search(CatalogView):
    """Find by name or initials."""

    @extend_schema(parameters=[SearchQuery], responses=SearchSerializer, operation_id="search")
    def get(self, request: Request) -> Response:
        """Institutions, departments and doctors."""
        query = _read(SearchQuery, request)
        with region(read_only=True):
            return Response(SearchSerializer(selectors.search(query["q"])).data)


def _read(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = serializer(data=request.query_params)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _page(
    request: Request,
    rows: Sequence[Row],
    serializer: type[serializers.Serializer[Any]],
    key: Callable[[Row], tuple[Any, ...]],
) -> Response:
    return CursorPage.cut(rows, page_request(request), key=key).shown(serializer)
