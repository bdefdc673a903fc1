"""`python -m tools.language`: the English catalogue, in step with the sentences of the source.

Takes every sentence a person may read out of templates and Python, keeps the English of those it knows, drops what is
gone, writes `portal/locale/en/LC_MESSAGES/django.po` and compiles it; then names what still needs English. With a file
of `id<TAB>English` lines it takes those in first. `make check` refuses a catalogue that isn't complete and in step.

Words of Python are found without running it: arguments of gettext, labels of `TextChoices`, what `raise` says, `text`
of refusals, and every Chinese sentence of the pages' own package (tables of menus and words).
"""

from __future__ import annotations

import ast
import io
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from hub.embedded.services import DUMMY
from tools.catalogue import ROOT
from tools.rules import PACKAGES

CATALOGUE = ROOT / "portal" / "locale" / "en" / "LC_MESSAGES" / "django.po"
CHINESE = re.compile("[\u4e00-\u9fff]")
_CALLS = {"_", "gettext", "gettext_lazy", "said"}
_KEYWORDS: dict[str, None] = dict.fromkeys(("_", "gettext", "gettext_noop", "gettext_lazy"))
_TABLES = (
    "/permissions.py",
    "/keeping.py",
    "hub/accounts/passwords.py",
    "hub/running/watching.py",
    "institution_connectors/conformance/checks/__init__.py",
    "regional_services/leaving/stages.py",
    "tenants/appointments/comparing.py",
    "tenants/directory/editing.py",
    "tenants/registry/drafts.py",
    "tenants/registry/onboarding.py",
    "tenants/scheduling/services.py",
    "hub/security/roles.py",
    "institution_connectors/contracts/operations.py",
    "institution_connectors/contracts/outcomes.py",
    "regional_services/identity/documents.py",
    "tenants/registry/functions.py",
    "tenants/registry/rules.py",
)
_HEADER = "# English words of the hub. Made by `python -m tools.language`; edit the msgstr lines only."
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
_MARK = re.compile(r"%\(\w+\)[sd]")


def templates() -> list[Path]:
    """Every page template of the house."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("templates/**/*.html"))]


def ids() -> set[str]:
    """The message ids of all sources."""
    found = {message for path in templates() for message in _of_template(path)}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "/migrations/" not in name and "/embedded/" not in name:
                found |= set(_of_python(ast.parse(path.read_text(encoding="utf-8")), name))
    return {message for message in found if CHINESE.search(message) and "\\" not in message}  # no pattern


def _of_template(path: Path) -> Iterator[str]:
    from django.utils.translation.template import templatize  # noqa: PLC0415 - needs the settings named first

    source = io.BytesIO(templatize(path.read_text(encoding="utf-8"), origin=str(path)).encode())
    for _line, _name, message, _comments in extract_python(source, _KEYWORDS, [], {"encoding": "utf-8"}):
        yield message if isinstance(message, str) else str(message[0])


def _of_python(module: ast.Module, name: str) -> Iterator[str]:
    whole = name.startswith("portal/") or name.endswith(_TABLES)
    silent = _unread(module)
    for node in ast.walk(module):
        if (
            (whole and isinstance(node, ast.stmt) and not isinstance(node, ast.Expr))
            or isinstance(node, ast.Raise)
            or (isinstance(node, ast.Call) and _called(node) in _CALLS)
        ):
            yield from _words(node, silent)
        elif isinstance(node, ast.ClassDef):
            choices = any(ast.unparse(base).endswith("TextChoices") for base in node.bases)
            for statement in node.body:
                if isinstance(statement, ast.Assign) and (choices or ast.unparse(statement.targets[0]) == "text"):
                    yield from _words(statement, silent)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _unread(module: ast.Module) -> set[int]:
    """Texts that nobody reads whole: docstrings, patterns, parts of f-strings, what is compared with."""
    return {
        id(inner)
        for node in ast.walk(module)
        if isinstance(node, ast.JoinedStr | ast.Compare)
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile")
        or (isinstance(node, ast.Expr) and _is_text(node.value))
        for inner in ast.walk(node)
    }


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _words(node: ast.AST, silent: set[int]) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and id(inner) not in silent:
            yield inner.value


def known() -> Catalog:
    """The catalogue as it stands."""
    if not CATALOGUE.exists():
        return Catalog(locale="en")
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="en")


def _empty() -> Catalog:
    """No word yet; dates stand still, so that the same words give the same file."""
    return Catalog(
        locale="en",
        header_comment=_HEADER,
        fuzzy=False,
        creation_date=_NO_DATE,
        revision_date=_NO_DATE,
        charset="utf-8",
    )


def _with(english: dict[str, str]) -> Catalog:
    catalogue = _empty()
    for message, words in sorted(english.items()):
        flags = ("python-format",) if _MARK.search(message) else ()
        catalogue.add(message, words, flags=flags)
    return catalogue


def _said() -> dict[str, str]:
    return {str(entry.id): str(entry.string) for entry in known() if entry.id}


def compiled(english: dict[str, str]) -> bytes:
    """The catalogue as programs read it; the same words give the same bytes."""
    target, catalogue = io.BytesIO(), _empty()
    for message, words in sorted(english.items()):
        catalogue.add(message, words)
    write_mo(target, catalogue)
    return target.getvalue()


def problems() -> Iterator[str]:
    """What keeps the catalogue from being complete and in step."""
    _settings()
    wanted, entries = ids(), {str(entry.id): entry for entry in known() if entry.id}
    yield from (f"django.po: no longer in the sources: {message}" for message in sorted(entries.keys() - wanted))
    for message in sorted(wanted):
        entry = entries.get(message)
        if entry is None or not entry.string:
            yield f"django.po: no English for: {message}"
        elif entry.fuzzy or not _marks(str(entry.string)) <= _marks(message):
            yield f"django.po: fuzzy, or names a value its source doesn't give: {message}"
    if not CATALOGUE.with_suffix(".mo").exists() or CATALOGUE.with_suffix(".mo").read_bytes() != compiled(_said()):
        yield "django.mo is not django.po compiled: run python -m tools.language"


def _marks(words: str) -> set[str]:
    """The values a sentence names; `short`, a date in English, is given beside month and day."""
    return set(_MARK.findall(words)) - {"%(short)s"}


def _settings() -> None:
    for name, value in DUMMY.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")


def main(arguments: list[str]) -> int:
    """Bring the catalogue in step; tell what needs English."""
    if arguments == ["--check"]:
        found = list(problems())
        print("\n".join(found))
        return 1 if found else 0
    _settings()
    english = _said()
    for name in arguments:
        for line in Path(name).read_text(encoding="utf-8").splitlines():
            message, _tab, words = line.partition("\t")
            english[message.replace("\\n", "\n")] = words.replace("\\n", "\n")
    english = {message: english.get(message, "") for message in ids()}
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as target:
        catalogue = _with(english)
        write_po(target, catalogue, width=0, omit_header=False, sort_output=True)
    CATALOGUE.with_suffix(".mo").write_bytes(compiled(english))
    missing = sorted(message for message, words in english.items() if not words)
    for message in missing:
        print(message.replace("\n", "\\n"))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
