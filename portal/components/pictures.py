"""Pictures that only one person may see: never kept by a browser or a proxy."""

from __future__ import annotations

from django.http import HttpResponse


def picture(content: bytes) -> HttpResponse:
    """A JPEG that nobody stores."""
    answer = HttpResponse(content, content_type="image/jpeg")
    answer["Cache-Control"] = "no-store, private"
    answer["Content-Disposition"] = "inline"
    return answer
