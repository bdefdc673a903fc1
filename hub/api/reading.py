"""What a request says, checked by a serializer: the values, or 422 with the fields that are wrong."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

_Kind = type[serializers.BaseSerializer[Any]]


def body_of(request: Request, serializer: _Kind) -> dict[str, Any]:
    """The values of the body."""
    return _values(serializer(data=request.data))


def query_of(request: Request, serializer: _Kind) -> dict[str, Any]:
    """The values of the query."""
    return _values(serializer(data=request.query_params))


def _values(given: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
