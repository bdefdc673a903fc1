"""Every operation is typed, every capability is one a dialect really carries, and the document says which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from institution_connectors.contracts import Command, Operation, Request
from institution_connectors.runtime.adapters import OPERATIONS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "interfaces" / "capabilities.md"


def _kinds(base: type[Request]) -> Iterator[type[Request]]:
    for kind in base.__subclasses__():
        if "OPERATION" in vars(kind):
            yield kind
        yield from _kinds(kind)


def test_every_operation_has_its_request_and_commands_carry_a_number() -> None:
    typed = {kind.OPERATION: kind for kind in _kinds(Request)}
    assert set(typed) == set(Operation)
    assert {operation for operation in Operation if operation.is_command} == {
        operation for operation, kind in typed.items() if issubclass(kind, Command)
    }


def test_the_document_is_the_truth() -> None:
    rows = re.findall(r"^\| (.*) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    heads = [cell.strip(" `") for cell in rows[0].split("|")][2:]
    told = {}
    for row in rows[1:]:
        cells = [cell.strip(" `") for cell in row.split("|")]
        if cells[0] in {str(operation) for operation in Operation}:
            told[cells[0]] = {head for head, cell in zip(heads, cells[2:], strict=True) if cell == "yes"}
    assert told == {
        str(operation): {dialect for dialect, carried in OPERATIONS.items() if operation in carried}
        for operation in Operation
    }
