"""Plots drawn here, as SVG inside the page: no script, no other request, legible when printed."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, FOOT, TOP = 400, 190, 26, 18
ROOM = 8  # more labels than this would touch: every second is left out


def bars(points: Sequence[tuple[str, int]], *, title: str) -> SafeString:
    """A bar for each (label, count), oldest first, with its number above it; `title` is what a screen reader says."""
    most = max((count for _, count in points), default=0) or 1
    step = WIDTH / max(len(points), 1)
    inside = HEIGHT - FOOT - TOP
    shapes = []
    for place, (label, count) in enumerate(points):
        height = round(inside * count / most, 1)
        left, top = round(place * step + step * 0.15, 1), round(TOP + inside - height, 1)
        middle = round(place * step + step / 2, 1)
        under = label if len(points) <= ROOM or (len(points) - place) % 2 else ""
        shapes.append((left, top, round(step * 0.7, 1), height, label, count, middle, top - 5, count, middle, under))
    drawn = format_html_join(
        "",
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="3"><title>{} {}</title></rect>'
        '<text class="count" x="{}" y="{}" text-anchor="middle">{}</text>'
        f'<text class="label" x="{{}}" y="{HEIGHT - 8}" text-anchor="middle">{{}}</text>',
        shapes,
    )
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>', WIDTH, HEIGHT, title, drawn
    )
