"""Immunisation and health check-ups: which institutions offer them, and there the way of every number."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from hub.errors import NotFound
from portal.components.paging import leaf_of
from portal.resident.pages import page
from portal.resident.views.catalog import closed
from regional_services.catalog import offers, selectors
from tenants.directory.models import Service
from tenants.registry import selectors as registry

PAGE = 50


@require_GET
def service(request: HttpRequest, service: str) -> HttpResponse:
    """The institutions that offer it."""
    kind = _kind(service)
    text = request.GET.get("q", "").strip()
    found = [
        offer
        for offer in offers.offers(kind)
        if any(text in word for word in (offer.institution.name, offer.institution.address))
    ]
    leaf = leaf_of(request, found, PAGE)
    context = {"service": kind, "rule": offers.rule_of(kind), "leaf": leaf, "offers": leaf.rows, "q": text, "back": "/"}
    return page(request, "offered", "book", context)


@require_GET
def at(request: HttpRequest, service: str, code: str) -> HttpResponse:
    """One institution's departments of the service; where there is one, its days."""
    kind, institution = _kind(service), registry.institution(code)
    departments = selectors.departments_for(kind, code=code)
    if not institution.is_shown or not departments:
        raise NotFound
    if len(departments) == 1:
        return HttpResponseRedirect(f"/hospitals/{code}/departments/{departments[0].id}")
    context = {
        "service": kind,
        "rule": offers.rule_of(kind),
        "hospital": institution,
        "departments": departments,
        "closed": closed(institution),
        "back": f"/services/{kind}",
    }
    return page(request, "offered_at", "book", context)


def _kind(code: str) -> Service:
    kind = offers.service_named(code)
    if kind is Service.OUTPATIENT:
        raise NotFound
    return kind
