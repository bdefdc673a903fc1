"""Model fields whose column holds only ciphertext (DESIGN promise 6).

A hospital's rows take that hospital's key. Rows in public take the district's, unless the field names the column that
says which hospital owns the row (`owner="institution_code"`, practice 21). Neither kind can be filtered or ordered by:
search goes through a `BlindIndexField`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

from hub.security import envelope
from hub.security.owner import key_owner


class _Owned:
    """A value on its way to the database together with the hospital that owns its row."""

    __slots__ = ("owner", "value")

    def __init__(self, value: Any, owner: str) -> None:
        self.value = value
        self.owner = owner


class _EncryptedField(ABC, models.Field):  # type: ignore[type-arg]
    """What both encrypted fields share: purpose, owner, refusal of lookups."""

    empty_values: list[Any] = [None]

    def __init__(self, *, purpose: str = "", owner: str = "", **options: Any) -> None:
        self.purpose = purpose
        self.owner = owner
        options["editable"] = False
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, arguments, options = super().deconstruct()
        options.pop("editable", None)
        return name, path, arguments, {**options, "purpose": self.purpose, "owner": self.owner}

    @abstractmethod
    def to_text(self, value: Any) -> str:
        """The text that is sealed."""

    @abstractmethod
    def from_text(self, text: str) -> Any:
        """The value of an opened text."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if value is None or not self.owner or hasattr(value, "resolve_expression"):
            return value
        return _Owned(value, getattr(model_instance, self.owner))

    def get_internal_type(self) -> str:
        return "BinaryField"

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: ARG002
        if value is None or isinstance(value, Expression):
            return value
        if isinstance(value, _Owned):
            sealed = envelope.seal(self.purpose, self.to_text(value.value).encode(), owner=value.owner)
        elif self.owner:
            raise FieldError(f"{self.name} takes its row's own key: save the instance instead of updating a queryset")
        else:
            sealed = envelope.seal(self.purpose, self.to_text(value).encode(), owner=key_owner(connection.alias))
        return sealed

    def from_db_value(self, value: Any, _expression: object, _connection: object) -> Any:
        if value is None:
            return None
        return self.from_text(envelope.open_sealed(self.purpose, bytes(value)).decode())

    def to_python(self, value: Any) -> Any:
        return value

    def get_default(self) -> Any:
        if self.has_default() or self.null:
            return super().get_default()
        return self.blank_value()

    def blank_value(self) -> Any:
        """What an instance holds before anything was given."""
        return ""

    def value_to_string(self, _obj: models.Model) -> str:
        raise FieldError(f"{self.name} is never serialised in clear")

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: search by a blind index (hub.security.blind)")
        return super().get_lookup(lookup_name)


class EncryptedTextField(_EncryptedField):
    """Text, sealed for `purpose`; None stays NULL, the empty text is sealed like any other."""

    _pyi_private_set_type: str
    _pyi_private_get_type: str

    def to_text(self, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{self.name} holds text, not {type(value).__name__}")
        return value

    def from_text(self, text: str) -> str:
        return text


class EncryptedJSONField(_EncryptedField):
    """A JSON value, sealed for `purpose`."""

    def to_text(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def from_text(self, text: str) -> Any:
        return json.loads(text)

    def blank_value(self) -> Any:
        return {}


class BlindIndexField(models.BinaryField):  # type: ignore[type-arg]
    """A blind index made by `hub.security.blind.index`; compared only for equality, never shown."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 33)
        options["editable"] = False
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, arguments, options = super().deconstruct()
        options.pop("editable", None)
        return name, path, arguments, options

    def from_db_value(self, value: Any, _expression: object, _connection: object) -> bytes | None:
        return None if value is None else bytes(value)
