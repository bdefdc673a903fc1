"""Photographs as answers."""

from __future__ import annotations

from django.http import HttpResponse


def shown(content: bytes) -> HttpResponse:
    """A JPEG we drew ourselves, shown in the page and kept by no cache."""
    return HttpResponse(
        content,
        content_type="image/jpeg",
        headers={"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="photo.jpg"'},
    )
