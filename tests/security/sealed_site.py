"""A page with sealed values, mounted by the browser test through ROOT_URLCONF."""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template import Context, Engine
from django.urls import path

from hub.accounts.views import sealed_key
from hub.security import masking, sealed

ROOT = Path(__file__).resolve().parents[2]
PHONE = "+8613800001234"
NAME = "张小三"


def page(request: HttpRequest) -> HttpResponse:
    """Masked values, and what a form sent, masked again."""
    received = ""
    if request.method == "POST":
        key = sealed.session_key(request.session)
        received = masking.name(sealed.receive(key, request.POST["name"], label="form.name:new"))
    libraries = {"sealed": "hub.security.templatetags.sealed", "i18n": "django.templatetags.i18n"}
    engine = Engine(libraries=libraries, app_dirs=True)
    template = engine.from_string((Path(__file__).parent / "pages" / "sealed_page.html").read_text(encoding="utf-8"))
    context = {"request": request, "phone": PHONE, "name": NAME, "received": received, "csrf_token": get_token(request)}
    return HttpResponse(template.render(Context(context)))


def script(_request: HttpRequest) -> FileResponse:
    """The product's script."""
    file = (ROOT / "portal" / "static" / "portal" / "sealed.js").open("rb")
    return FileResponse(file, content_type="text/javascript")


urlpatterns = [
    path("probe/sealed", page),
    path("static/portal/sealed.js", script),
    path("session/sealed-key", sealed_key),
]
