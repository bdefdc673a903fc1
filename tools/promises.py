"""What the interfaces promise, and whether the code still keeps it (JA-OPS-11).

`docs/interfaces/promises.txt` holds a line for everything a program of somebody else may rely on: each operation, what
it takes, what it answers. An upgrade may add; what stands there stays. `make check` compares it with the OpenAPI of
the code. `python -m tools.promises openapi.json` adds what is new, at a release; a promise is taken back by hand, in a
commit of its own that says who was told.

A line is `operation place type[!]`: `<` is the body that is taken, `?` a parameter, `>200` an answer; `!` is required.

    POST /api/resident/v1/bookings <.person_id string/uuid!
    POST /api/resident/v1/bookings >201.state string
    POST /api/resident/v1/bookings <.kind=spouse -
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.catalogue import ROOT

KEPT = ROOT / "docs" / "interfaces" / "promises.txt"
_METHODS = ("get", "post", "put", "patch", "delete")
_OPERATION = "-"
Promises = dict[tuple[str, str], str]
"""(operation, place) -> type, "!" behind it where the hub insists on it."""


def promises_of(document: Mapping[str, Any]) -> Promises:
    """Everything an OpenAPI document promises."""
    found: Promises = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                operation = f"{method.upper()} {path}"
                found[operation, _OPERATION] = _OPERATION
                for place, kind in _of_operation(document, methods[method]):
                    found[operation, place] = _either(found.get((operation, place)), kind)
    return found


def _either(one: str | None, other: str) -> str:
    """The type of a place that may be one of two; what only one of them insists on is not required."""
    if one is None:
        return other
    insisted = one.endswith("!") and other.endswith("!")
    return "|".join(sorted(_kinds(one) | _kinds(other))) + ("!" if insisted else "")


def _of_operation(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for parameter in operation.get("parameters", ()):
        name = f"?{parameter['in']}:{parameter['name']}"
        required = parameter.get("required", False)
        yield from _walk(document, parameter["schema"], name, taken=True, required=required)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield from _walk(document, content["schema"], "<", taken=True, required=True)
    for status, answer in operation.get("responses", {}).items():
        if status.startswith("2"):
            yield f">{status}", _OPERATION
            for content in answer.get("content", {}).values():
                yield from _walk(document, content["schema"], f">{status}", taken=False, required=False)


def _walk(
    document: Mapping[str, Any],
    schema: Mapping[str, Any],
    place: str,
    *,
    taken: bool,
    required: bool,
    inside: tuple[str, ...] = (),
) -> Iterator[tuple[str, str]]:
    """(place, type) of a schema and all it is made of; one that holds itself is followed once."""
    reference = schema.get("$ref", "")
    if reference in inside:
        return
    if reference:
        inside, schema = (*inside, reference), _resolved(document, reference)
    parts = [*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    for part in parts:
        yield from _walk(document, part, place, taken=taken, required=required, inside=inside)
    if parts and "type" not in schema:
        return
    yield place, _kind(schema) + ("!" if taken and required else "")
    if taken:
        yield from ((f"{place}={value}", _OPERATION) for value in schema.get("enum", ()) if value is not None)
    for name, one in schema.get("properties", {}).items():
        if not one.get("readOnly" if taken else "writeOnly"):
            insists = name in schema.get("required", ())
            yield from _walk(document, one, f"{place}.{name}", taken=taken, required=insists, inside=inside)
    if "items" in schema:
        yield from _walk(document, schema["items"], f"{place}[]", taken=taken, required=False, inside=inside)


def _resolved(document: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _kind(schema: Mapping[str, Any]) -> str:
    kinds, written = schema.get("type", "any"), schema.get("format", "")
    named = sorted(kinds) if isinstance(kinds, list) else [kinds]
    return "|".join(f"{kind}/{written}" if written and kind != "null" else kind for kind in named)


def broken(kept: Promises, now: Promises) -> Iterator[str]:
    """What somebody relies on and would find changed, a sentence each."""
    for (operation, place), kind in kept.items():
        given = now.get((operation, place))
        name = f"{operation} {place}".removesuffix(f" {_OPERATION}")
        if given is None:
            if place == _OPERATION or (operation, _OPERATION) in now:  # of an operation that is gone, one line says it
                yield f"{name}: promised, and gone"
        elif place.startswith(("<", "?")):
            if given.endswith("!") and not kind.endswith("!"):
                yield f"{name}: was optional, is required now"
            if not _kinds(kind) <= _kinds(given):
                yield f"{name}: took {kind.rstrip('!')}, takes {given.rstrip('!')}"
        elif not _kinds(given) <= _kinds(kind):
            yield f"{name}: answered {kind}, answers {given}"
    for (operation, place), kind in now.items():
        new = (operation, place) not in kept and (operation, _OPERATION) in kept
        if new and kind.endswith("!") and (operation, _parent(place)) in kept:
            yield f"{operation} {place}: new, and required: programs of today don't send it"


def _kinds(text: str) -> set[str]:
    return set(text.rstrip("!").split("|"))


def _parent(place: str) -> str:
    """What a field stands in; a parameter stands in its operation."""
    return _OPERATION if place.startswith("?") else place.rpartition(".")[0]


def read(path: Path = KEPT) -> Promises:
    """The promises that were made."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = (line.rsplit(" ", 2) for line in lines if line and not line.startswith("#"))
    return {(operation, place): kind for operation, place, kind in rows}


def write(promises: Promises, path: Path = KEPT) -> None:
    """Store them, a line each."""
    lines = sorted(f"{operation} {place} {kind}" for (operation, place), kind in promises.items())
    head = "# What programs of others rely on; see tools/promises.py. An upgrade may add lines, and takes none back.\n"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def problems(openapi: Path) -> Iterator[str]:
    """For `make check`: what the code's OpenAPI document breaks."""
    return broken(read(), promises_of(json.loads(openapi.read_text(encoding="utf-8"))))


def main(openapi: str) -> int:
    """Add what is new to the promises; refused while one is broken."""
    now = promises_of(json.loads(Path(openapi).read_text(encoding="utf-8")))
    kept = read() if KEPT.exists() else {}
    if wrong := list(broken(kept, now)):
        print("\n".join(wrong))
        return 1
    write(kept | now)
    print(f"{len(now)} promises, {len(now.keys() - kept.keys())} of them new")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
