"""A certificate of conformance, open to whoever holds its number: what was proven, and whether the seal holds."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from hub.errors import NotFound
from institution_connectors.catalog import certificates
from tenants.registry import selectors as registry


@require_GET
def page(request: HttpRequest, number: str) -> HttpResponse:
    """Printable; nothing personal is in it. One query."""
    found = certificates.certificate(number.upper())
    if found is None:
        raise NotFound(gettext("没有这个编号的证书，请核对。"))
    context = {"certificate": found, "institution": registry.institution(found.institution_code)}
    return render(request, "portal/desk/certificate.html", context)
