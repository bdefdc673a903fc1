"""Contract values as plain JSON and back, for the message store."""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from institution_connectors.contracts.inbound import Fact
from institution_connectors.contracts.outcomes import Answer
from institution_connectors.contracts.requests import Request
from institution_connectors.contracts.results import Result

ValueT = TypeVar("ValueT")
_TAG = "_kind"


def encode(value: object) -> dict[str, Any]:
    """A contract dataclass as a JSON object tagged with its class."""
    encoded = _plain(value)
    if not isinstance(encoded, dict):
        raise TypeError(f"not a contract value: {type(value).__name__}")
    return encoded


def decode(kind: type[ValueT], data: Mapping[str, Any]) -> ValueT:
    """The contract value of an encoded object, which must be a `kind`."""
    value = _typed(kind, data)
    if not isinstance(value, kind):
        raise TypeError(f"stored {type(value).__name__} where {kind.__name__} was expected")
    return value


def decode_request(data: Mapping[str, Any]) -> Request:
    """A stored ask."""
    return decode(Request, data)


def decode_answer(data: Mapping[str, Any]) -> Answer:
    """A stored answer."""
    return decode(Answer, data)


def decode_fact(data: Mapping[str, Any]) -> Fact:
    """A stored fact."""
    return decode(Fact, data)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {_TAG: type(value).__name__, **fields}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value


@cache
def _kinds() -> dict[str, type[Any]]:
    """The classes a tag may name: the families an ask, an answer or a fact may stand for."""
    found: dict[str, type[Any]] = {}
    pending: list[type[Any]] = [Request, Result, Fact]
    while pending:
        kind = pending.pop()
        if (
            vars(sys.modules[kind.__module__]).get(kind.__name__) is kind
        ):  # `slots` leaves a shadow of each class behind
            found[kind.__name__] = kind
        pending.extend(kind.__subclasses__())
    return found


_hints_of: dict[type[Any], dict[str, Any]] = {}


def _hints(kind: type[Any]) -> dict[str, Any]:
    if kind not in _hints_of:
        _hints_of[kind] = get_type_hints(kind)
    return _hints_of[kind]


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {types.UnionType, Union}:
        return _typed(next(a for a in arguments if a is not type(None)), value)
    if origin is tuple:
        return tuple(_typed(arguments[0], item) for item in value)
    if origin is frozenset:
        return frozenset(_typed(arguments[0], item) for item in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_typed(arguments[0], key): _typed(arguments[1], item) for key, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _instance(hint, value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is date:
        return date.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    return value


def _instance(hint: type[Any], value: Mapping[str, Any]) -> Any:
    kind = _kinds().get(value.get(_TAG, ""), hint)
    hints = _hints(kind)
    known = {field.name for field in dataclasses.fields(kind)}
    return kind(**{name: _typed(hints[name], item) for name, item in value.items() if name in known})
