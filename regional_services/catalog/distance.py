"""Distances on the map. Pure."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

_EARTH_METRES = 6_371_000


def metres(from_latitude: float, from_longitude: float, to_latitude: float, to_longitude: float) -> int:
    """Great-circle distance in metres."""
    one, other = radians(from_latitude), radians(to_latitude)
    half_chord = (
        sin((other - one) / 2) ** 2 + cos(one) * cos(other) * sin(radians(to_longitude - from_longitude) / 2) ** 2
    )
    return round(2 * _EARTH_METRES * asin(sqrt(half_chord)))
