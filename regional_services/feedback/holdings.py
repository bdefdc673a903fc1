"""The photographs that came with feedback about a hospital are part of what it is handed when it leaves."""

from __future__ import annotations

from hub.storage.holdings import holds_shared_objects
from hub.storage.objects import StoredObject
from regional_services.feedback import photos
from regional_services.feedback.models import Photo


@holds_shared_objects("feedback")
def photographs(code: str) -> list[StoredObject]:
    """Those of one institution, in the order they came. One query."""
    return [photos.stored(row) for row in Photo.objects.filter(institution_code=code).order_by("id")]
