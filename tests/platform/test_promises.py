"""What programs of others rely on stays: each kind of break is named, what is added is none (JA-OPS-11)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tools import promises

Document = dict[str, Any]
HERE = "POST /api/resident/v1/orders"
BEFORE: Document = {
    "paths": {
        "/api/resident/v1/orders": {
            "post": {
                "parameters": [{"in": "query", "name": "dry", "schema": {"type": "boolean"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}}},
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
                    "422": {"content": {}},
                },
            }
        },
    },
    "components": {
        "schemas": {
            "Wish": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string", "enum": ["self", "gift"]},
                    "note": {"type": "string"},
                    "made_at": {"type": "string", "readOnly": True},
                },
                "required": ["kind", "made_at"],
            },
            "Order": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "paid": {"oneOf": [{"type": "integer"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}},
                },
            },
        }
    },
}
Change = Callable[[Document, Document, Document], object]
"""(operation, what is taken, what is answered)"""


def upgraded(change: Change) -> list[str]:
    """What `make check` says of an upgrade."""
    after = copy.deepcopy(BEFORE)
    schemas = after["components"]["schemas"]
    change(after["paths"]["/api/resident/v1/orders"]["post"], schemas["Wish"], schemas["Order"])
    return list(promises.broken(promises.promises_of(BEFORE), promises.promises_of(after)))


BREAKS: dict[str, tuple[Change, str]] = {
    "a field of an answer is gone": (lambda o, w, a: a["properties"].pop("id"), ">201.id: promised, and gone"),
    "an answer's type": (
        lambda o, w, a: a["properties"].update(id={"type": "integer"}),
        ">201.id: answered string/uuid, answers integer",
    ),
    "null where there was none": (
        lambda o, w, a: a["properties"].update(id={"type": ["string", "null"], "format": "uuid"}),
        ">201.id: answered string/uuid, answers null|string/uuid",
    ),
    "another status": (
        lambda o, w, a: o["responses"].update({"200": o["responses"].pop("201")}),
        ">201: promised, and gone",
    ),
    "a value is taken no more": (
        lambda o, w, a: w["properties"]["kind"].update(enum=["self"]),
        "<.kind=gift: promised, and gone",
    ),
    "an optional field is required": (lambda o, w, a: w["required"].append("note"), "<.note: was optional"),
    "a new field is required": (
        lambda o, w, a: (w["properties"].update(age={"type": "integer"}), w["required"].append("age")),
        "<.age: new, and required",
    ),
    "a new parameter is required": (
        lambda o, w, a: o["parameters"].append(
            {"in": "query", "name": "age", "required": True, "schema": {"type": "integer"}}
        ),
        "?query:age: new, and required",
    ),
    "a parameter takes less": (
        lambda o, w, a: o["parameters"][0].update(schema={"type": "integer"}),
        "?query:dry: took boolean, takes integer",
    ),
}
ADDITIONS: dict[str, Change] = {
    "nothing": lambda o, w, a: None,
    "a field of an answer": lambda o, w, a: a["properties"].update(more={"type": "string"}),
    "an optional field": lambda o, w, a: w["properties"].update(more={"type": "string"}),
    "an optional object that insists on its own": lambda o, w, a: w["properties"].update(
        more={"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
    ),
    "what was required is optional": lambda o, w, a: w["required"].remove("kind"),
    "a value that is taken": lambda o, w, a: w["properties"]["kind"]["enum"].append("loan"),
    "null is taken too": lambda o, w, a: w["properties"].update(note={"type": ["string", "null"]}),
    "an error": lambda o, w, a: o["responses"].update({"409": {"content": {}}}),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_named(name: str) -> None:
    change, said = BREAKS[name]
    assert any(said in line for line in upgraded(change)), upgraded(change)


@pytest.mark.parametrize("name", ADDITIONS)
def test_an_addition_is_none(name: str) -> None:
    assert upgraded(ADDITIONS[name]) == []


def test_an_operation_that_is_gone_is_one_line() -> None:
    gone = {**BEFORE, "paths": {}}
    assert list(promises.broken(promises.promises_of(BEFORE), promises.promises_of(gone))) == [
        f"{HERE}: promised, and gone"
    ]


@pytest.mark.requirement("JA-OPS-11")
def test_the_hub_of_today_keeps_what_was_promised(tmp_path: Path) -> None:
    """Every operation, field and value that a vendor, a mini-programme or an app was told to rely on."""
    kept = promises.read()
    assert len(kept) > 1000
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    now = promises.promises_of(document)
    assert list(promises.broken(kept, now)) == []
    forgetful = {key: kind for key, kind in now.items() if key[1] != ">200.items[].state"}
    assert "GET /api/resident/v1/bookings >200.items[].state: promised, and gone" in promises.broken(kept, forgetful)
    promises.write(kept, tmp_path / "again.txt")
    assert promises.read(tmp_path / "again.txt") == kept
