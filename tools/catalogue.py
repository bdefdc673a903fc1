"""The requirement catalogue (`docs/requirements/*.csv`) and the tests that name its rows."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement."""

    id: str
    document: str
    area: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A test that says it proves a row; `skipped` when it can never run."""

    row: str
    test: str
    line: int
    skipped: bool


def rows() -> dict[str, Row]:
    """All rows by id."""
    found: dict[str, Row] = {}
    for path in sorted((ROOT / "docs" / "requirements").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as source:
            for entry in csv.DictReader(source):
                if entry["id"] in found:
                    raise ValueError(f"{entry['id']} stands twice in the catalogue")
                found[entry["id"]] = Row(entry["id"], path.stem, entry["area"])
    return found


def claims(marker: str = "requirement") -> list[Claim]:
    """What the tests claim by a marker, read from their source: a test need not run to be found."""
    return [
        claim
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for claim in claims_in(path.read_text(), path, marker)
    ]


def claims_in(source: str, path: Path, marker: str = "requirement") -> Iterator[Claim]:
    """The claims of one test module."""
    module = ast.parse(source)
    marks = [node for statement in module.body for node in _pytestmark(statement)]
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
    yield from _claims_of(module.body, name, _named(marks, marker), skipped=_never_runs(marks), marker=marker)


def _claims_of(body: list[ast.stmt], name: str, inherited: list[str], *, skipped: bool, marker: str) -> Iterator[Claim]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            ids = inherited + _named(statement.decorator_list, marker)
            off = skipped or _never_runs(statement.decorator_list)
            yield from _claims_of(statement.body, f"{name}::{statement.name}", ids, skipped=off, marker=marker)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name.startswith("test"):
            off = skipped or _never_runs(statement.decorator_list) or _skips_itself(statement)
            for row in inherited + _named(statement.decorator_list, marker):
                yield Claim(row, f"{name}::{statement.name}", statement.lineno, off)


def _pytestmark(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in statement.targets
    ):
        return list(statement.value.elts) if isinstance(statement.value, ast.List | ast.Tuple) else [statement.value]
    return []


def _mark(node: ast.expr) -> str:
    """`requirement` of `pytest.mark.requirement(..)`, else an empty text."""
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "pytest.mark" else ""


def _named(nodes: list[ast.expr], marker: str) -> list[str]:
    return [
        str(argument.value)
        for node in nodes
        if isinstance(node, ast.Call) and _mark(node) == marker
        for argument in node.args
        if isinstance(argument, ast.Constant)
    ]


def _never_runs(nodes: list[ast.expr]) -> bool:
    """Marked skip or xfail without a condition; a condition (no browser here) is another machine's business."""
    for node in nodes:
        if _mark(node) in {"skip", "xfail"} and not (isinstance(node, ast.Call) and node.args):
            return True
        if isinstance(node, ast.Call) and _mark(node) == "skipif":
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and first.value:
                return True
    return False


def _skips_itself(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    statements = [s for s in test.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if not statements or not isinstance(statements[0], ast.Expr) or not isinstance(statements[0].value, ast.Call):
        return False
    return ast.unparse(statements[0].value.func) in {"pytest.skip", "pytest.xfail"}
