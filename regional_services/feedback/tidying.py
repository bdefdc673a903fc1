"""Photographs that were stored while their feedback was not (a crash in between, a form sent twice)."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from hub import clock
from hub.storage import objects
from hub.tenancy.scope import region
from regional_services.feedback import photos
from regional_services.feedback.models import Photo

YOUNG = timedelta(hours=6)  # a form under way may still name them
BATCH = 500


def tidy() -> int:
    """Remove them; how many."""
    before = int((clock.now() - YOUNG).timestamp() * 1000)
    removed = 0
    old = (key for key in objects.keys(photos.PREFIX) if photos.made_at_ms(key) < before)
    while keys := list(islice(old, BATCH)):
        with region(read_only=True):
            named = set(Photo.objects.filter(object_key__in=keys).values_list("object_key", flat=True))
        for key in set(keys) - named:
            objects.delete(key)
            removed += 1
    return removed
