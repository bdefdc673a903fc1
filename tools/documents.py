"""What documents point at exists: links, paths, commands of `make` and of `manage.py`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tools.catalogue import ROOT

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
_QUOTED = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]*)+")
_MAKE = re.compile(r"(?:^|[`(])make ([a-z][a-z-]+)", re.MULTILINE)
_MANAGE = re.compile(r"manage\.py ([a-z0-9_]+)")
_OF_DJANGO = frozenset({"check", "makemigrations", "collectstatic", "shell"})
_MADE = ("var/", ".venv/", "node_modules/", "build/")  # not in the repository


def documents() -> list[Path]:
    """README, the rules of the house, and everything under docs that people read."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(document: Path) -> frozenset[str]:
    """The anchors of a document's headings, as hosting sites make them."""
    return frozenset(
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(_FENCED.sub("", document.read_text(encoding="utf-8")))
    )


@lru_cache
def _targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@lru_cache
def _commands() -> frozenset[str]:
    packages = [path.parent for path in ROOT.glob("*/__init__.py")]  # not the servers' data, which changes as we look
    ours = {path.stem for package in packages for path in package.glob("**/management/commands/*.py")}
    return frozenset(ours | _OF_DJANGO)


def problems_of(document: Path, text: str) -> Iterator[str]:
    """What in `text`, standing where `document` stands, leads nowhere."""
    for target in _LINK.findall(_FENCED.sub("", text)):
        yield from _link(document, target)
    for quoted in _QUOTED.findall(_FENCED.sub("", text)):
        yield from _path(document, quoted)
    yield from (f"`make {name}` does not exist" for name in sorted(set(_MAKE.findall(text)) - _targets()))
    yield from (f"`manage.py {name}` does not exist" for name in sorted(set(_MANAGE.findall(text)) - _commands()))


def _link(document: Path, target: str) -> Iterator[str]:
    if re.match(r"[a-z]+:", target):
        return
    name, _hash, anchor = target.partition("#")
    file = (document.parent / name).resolve() if name else document
    if not file.exists():
        yield f"{target} does not exist"
    elif anchor and file.suffix == ".md" and anchor not in anchors(file):
        yield f"{target}: no such heading"


def _path(document: Path, quoted: str) -> Iterator[str]:
    """A quoted text is taken for a path of ours when it starts with a folder of the repository."""
    if not _PATH.fullmatch(quoted) or quoted.startswith(_MADE) or not (ROOT / quoted.split("/")[0]).is_dir():
        return
    for place in (ROOT, document.parent):
        if any(place.glob(quoted.rstrip("/"))):
            return
    owner, _dot, _member = quoted.rpartition(".")
    if (owner and not (ROOT / f"{owner}.py").exists() and not any(ROOT.glob(owner))) or not owner:
        yield f"`{quoted}` does not exist"


def problems() -> Iterator[str]:
    """In every document."""
    for document in documents():
        name = document.relative_to(ROOT)
        yield from (f"{name}: {line}" for line in problems_of(document, document.read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or 0)
