"""What audited acts were done to, on the two audit pages."""

from __future__ import annotations

from typing import Any

from django import template

from portal.desk import targets
from portal.desk.targets import Target

register = template.Library()


@register.inclusion_tag("portal/desk/target.html", takes_context=True)
def district_target(context: dict[str, Any], raw: str) -> dict[str, Target]:
    """With the district's pages."""
    return {"target": targets.target_of(raw, targets.DISTRICT, context["staff"])}


@register.inclusion_tag("portal/desk/target.html", takes_context=True)
def hospital_target(context: dict[str, Any], raw: str) -> dict[str, Target]:
    """With the hospital's pages."""
    return {"target": targets.target_of(raw, targets.HOSPITAL, context["staff"])}
