"""`{% sealed person.phone "phone" "person.phone" person.id %}`: a masked value with the full one sealed beside it."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest

from hub.accounts.permissions import permission_to_open
from hub.actor import ActorKind
from hub.security import masking, sealed

register = template.Library()
HIDDEN = "（不在数据范围内）"
_MASKS = {
    "name": masking.name,
    "document": masking.document,
    "phone": masking.phone,
    "card": masking.card,
    "address": masking.address,
}


@register.inclusion_tag("security/sealed.html", takes_context=True, name="sealed")
def sealed_value(context: template.Context, value: str, rule: str, field: str, owner: object) -> dict[str, Any]:
    """A masked value; who may see more gets the ciphertext and a button that opens it."""
    request: HttpRequest | None = context.get("request")
    if request is not None and rule in _hidden(request):
        return {"masked": HIDDEN, "label": field, "ciphertext": ""}
    masked = _MASKS[rule](value) if value else ""
    label = f"{field}:{owner}"
    ciphertext = ""
    if value and request is not None and _may_reveal(request, label):
        ciphertext = sealed.seal(sealed.session_key(request.session), value, label=label)
    return {"masked": masked, "label": label, "ciphertext": ciphertext}


def _hidden(request: HttpRequest) -> frozenset[str]:
    """Kinds of fields this member of staff is not to see at all, masked or not (JA-ADMIN-02)."""
    actor = getattr(request, "actor", None)
    return frozenset() if actor is None else actor.hidden


def _may_reveal(request: HttpRequest, label: str) -> bool:
    actor = getattr(request, "actor", None)
    return actor is not None and (actor.kind is ActorKind.RESIDENT or actor.may(permission_to_open(label)))
