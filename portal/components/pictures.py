"""Pictures as answers: those only one person may see are kept by nobody, those for everybody by everybody."""

from __future__ import annotations

from django.http import HttpResponse

from hub.documents.pictures import JPEG


def picture(content: bytes) -> HttpResponse:
    """A JPEG we drew ourselves, shown in the page and kept by no browser and no proxy."""
    return HttpResponse(
        content,
        content_type=JPEG,
        headers={"Cache-Control": "no-store, private", "Content-Disposition": 'inline; filename="photo.jpg"'},
    )


def public_picture(content: bytes) -> HttpResponse:
    """A JPEG for everybody, whose address changes with it."""
    return HttpResponse(
        content,
        content_type=JPEG,
        headers={"Cache-Control": "public, max-age=604800, immutable", "Content-Disposition": "inline"},
    )
