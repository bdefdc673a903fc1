"""Rules of this house that no standard tool knows, read from the source."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tools.catalogue import ROOT, claims, rows

PACKAGES = ("hub", "institution_connectors", "tenants", "regional_services", "portal")
_REGISTRY_ADDRESS = re.compile(r"https?://|--(extra-)?index-url|--find-links|\"resolved\"")
_LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock", "package-lock.json")


def catalogue_ids() -> Iterator[str]:
    """Every row a test names is in the catalogue."""
    known = rows()
    for claim in claims():
        if claim.row not in known:
            yield f"{claim.test}: row {claim.row} is not in docs/requirements"


def lock_files() -> Iterator[str]:
    """Lock files pin versions and hashes; where packages come from is the machine's business."""
    for name in _LOCKS:
        text = (ROOT / name).read_text(encoding="utf-8")
        yield from (f"{name}: names a registry" for _ in _REGISTRY_ADDRESS.findall(text)[:1])
        if name.endswith(".json"):
            packages: dict[str, dict[str, str]] = json.loads(text)["packages"]
            yield from (f"{name}: {key} has no hash" for key, entry in packages.items() if key and _bare(entry))
        elif "--hash=sha256:" not in text:
            yield f"{name}: no hashes"


def foreign_models() -> Iterator[str]:
    """Another app's tables are private; its enumerations and constants are words everybody may use."""
    for path in _sources():
        app = path.parent.relative_to(ROOT).parts[:2]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
                continue
            target = tuple(node.module.split("."))
            if target[-1] != "models" or target[0] not in PACKAGES[1:] or target[:2] == app:
                continue
            for table in _tables(ROOT.joinpath(*target)) & {alias.name for alias in node.names}:
                yield f"{path.relative_to(ROOT)}:{node.lineno}: imports {node.module}.{table}, private to its app"


@lru_cache
def _tables(models: Path) -> frozenset[str]:
    """The names of the model classes of a models module, or of a package of them."""
    files = sorted(models.glob("*.py")) if models.is_dir() else [models.with_suffix(".py")]
    return frozenset(
        statement.name
        for file in files
        for statement in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(statement, ast.ClassDef)
        and not any(ast.unparse(base).endswith(("Choices", "Enum")) for base in statement.bases)
    )


def _bare(entry: dict[str, str]) -> bool:
    return "integrity" not in entry


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


ALL = {
    "catalogue ids": catalogue_ids,
    "lock files": lock_files,
    "private models": foreign_models,
}


if __name__ == "__main__":
    sys.exit("\n".join(problem for rule in ALL.values() for problem in rule()) or 0)
