"""OpenAPI 3.1 out of the views: problem answers, Idempotency-Key, cursor parameters and the token scheme, said once."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from hub.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from hub.api.permissions import declared_permissions
from hub.api.problems import CONTENT_TYPE
from hub.api.views import IDEMPOTENCY_HEADER
from hub.security.permissions import PUBLIC

_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457 problem document.",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "description": "urn of the code"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what a person reads, Chinese"},
        "code": {"type": "string", "description": "what programs branch on, such as booking.number_taken"},
        "instance": {"type": "string", "description": "the request number staff can look up"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
        "context": {"type": "object", "additionalProperties": True},
    },
}
_COMMON = {"422": "the input can't be accepted", "429": "too many requests; see Retry-After", "503": "unavailable"}
_SIGNED = {"401": "no valid token", "403": "the role lacks the permission", "404": "absent, or not for this caller"}
_PUBLIC = {"401": "a token or proof was offered that is not valid", "404": "absent"}
_WRITES = {
    "400": "the body can't be read",
    "409": "the state changed or forbids this",
    "415": "the body is of another media type",
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Bearer JWT."""

    target_class = "hub.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, _auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class HubAutoSchema(AutoSchema):
    """What every operation has, without a line in the view."""

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = list(super().get_override_parameters())
        if self.method in getattr(self.view, "idempotent_methods", ()):
            found.append(
                OpenApiParameter(
                    IDEMPOTENCY_HEADER,
                    str,
                    OpenApiParameter.HEADER,
                    required=True,
                    pattern="^[A-Za-z0-9_-]{8,64}$",
                    description="The same key and body replay the first answer; another body under the key is refused.",
                )
            )
        if self.method in getattr(self.view, "paged_methods", ()):
            found += [
                OpenApiParameter("cursor", str, description="`next` of the page before"),
                OpenApiParameter("limit", int, description=f"1 to {MAX_LIMIT}, {DEFAULT_LIMIT} when absent"),
            ]
        return found

    def get_auth(self) -> list[Any]:
        return [] if self._permission() == PUBLIC else list(super().get_auth())

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        problems = {**_COMMON, **(_PUBLIC if self._permission() == PUBLIC else _SIGNED)}
        if self.method not in ("GET", "HEAD"):
            problems |= _WRITES
        reference = self._problem_component().ref
        for status, meaning in problems.items():
            bodies.setdefault(status, {"description": meaning, "content": {CONTENT_TYPE: {"schema": reference}}})
        return bodies

    def _permission(self) -> str | None:
        declared = declared_permissions(self.view)
        return declared.get(self.method, declared.get("*"))

    def _problem_component(self) -> ResolvedComponent:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name="Problem", type=ResolvedComponent.SCHEMA, object="Problem", schema=_PROBLEM_SCHEMA
        )
        if component not in self.registry:
            self.registry.register(component)
        return component
