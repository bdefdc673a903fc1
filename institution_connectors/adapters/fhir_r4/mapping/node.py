"""Reading elements of a resource: what is missing or of a wrong kind is named by its FHIRPath."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from institution_connectors.adapters.fhir_r4.errors import Incomplete, Unreadable
from institution_connectors.adapters.fhir_r4.mapping import systems

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
_REFERENCE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?\Z")
_FIRST_YEAR, _LAST_YEAR = 1900, 9998  # beyond, a time can't be told in every zone: of a clock never set


class Node:
    """An object of a resource, and where it stands in it."""

    def __init__(self, data: object, path: str) -> None:
        if not isinstance(data, Mapping):
            raise Unreadable("structure", path, "is no object")
        self.data: Mapping[str, Any] = data
        self.path = path

    @classmethod
    def resource(cls, data: object, path: str = "") -> Node:
        """A resource, known by its type; its elements are named `Type.element` unless it stands inside another."""
        kind = data.get("resourceType") if isinstance(data, Mapping) else None
        if not isinstance(kind, str) or not kind.isalpha():
            raise Unreadable("structure", f"{path}.resourceType".lstrip("."), "is missing: this is no FHIR resource")
        return cls(data, path or kind)

    # -- plain elements

    @property
    def kind(self) -> str:
        """The type of a resource."""
        return str(self.data.get("resourceType", ""))

    @property
    def id(self) -> str:
        """The logical id of a resource."""
        found = self.text("id")
        if not _ID.match(found):
            raise Unreadable("value", f"{self.path}.id", "is no FHIR id")
        return found

    @property
    def version(self) -> str:
        """The version of a resource, empty where the server keeps none."""
        meta = self.maybe("meta")
        return meta.optional("versionId") if meta is not None else ""

    def has(self, name: str) -> bool:
        """Whether the element is there at all."""
        return self.data.get(name) is not None

    def text(self, name: str) -> str:
        """A required text."""
        found = self.optional(name)
        if not found:
            raise Incomplete(f"{self.path}.{name}")
        return found

    def optional(self, name: str) -> str:
        """A text, empty if missing."""
        found = self.data.get(name)
        if found is None:
            return ""
        if not isinstance(found, str):
            raise Unreadable("structure", f"{self.path}.{name}", "is no text")
        return found.strip()

    def code(self, name: str, known: Mapping[str, Any]) -> Any:
        """What a required code stands for."""
        found = self.text(name)
        if found not in known:
            raise Unreadable(
                "code-invalid", f"{self.path}.{name}", f"{found[:40]!r} is not one of {' '.join(sorted(known))}"
            )
        return known[found]

    def integer(self, name: str) -> int:
        """A required whole number."""
        found = self.data.get(name)
        if found is None:
            raise Incomplete(f"{self.path}.{name}")
        if isinstance(found, bool) or not isinstance(found, int):
            raise Unreadable("structure", f"{self.path}.{name}", "is no whole number")
        return int(found)

    def decimal(self, name: str) -> Decimal:
        """A required number."""
        found = self.data.get(name)
        if found is None:
            raise Incomplete(f"{self.path}.{name}")
        if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
            raise Unreadable("structure", f"{self.path}.{name}", "is no number")
        number = Decimal(str(found))
        if not number.is_finite():
            raise Unreadable("value", f"{self.path}.{name}", "is no number")
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean."""
        found = self.data.get(name)
        if found is None:
            return default
        if not isinstance(found, bool):
            raise Unreadable("structure", f"{self.path}.{name}", "is neither true nor false")
        return found

    def instant(self, name: str) -> datetime:
        """A required time with its zone."""
        return _instant(self.text(name), f"{self.path}.{name}")

    def instant_or_none(self, name: str) -> datetime | None:
        """A time with its zone, or None if missing."""
        return self.instant(name) if self.has(name) else None

    def day(self, name: str) -> date:
        """A required day."""
        found = self.text(name)
        try:
            return date.fromisoformat(found if _DAY.match(found) else "")
        except ValueError as problem:
            raise Unreadable("value", f"{self.path}.{name}", "is no day yyyy-MM-dd") from problem

    # -- elements with elements

    def node(self, name: str) -> Node:
        """A required object."""
        found = self.maybe(name)
        if found is None:
            raise Incomplete(f"{self.path}.{name}")
        return found

    def maybe(self, name: str) -> Node | None:
        """An object, or None."""
        found = self.data.get(name)
        return None if found is None else Node(found, f"{self.path}.{name}")

    def nodes(self, name: str) -> Iterator[Node]:
        """The objects of a list; a missing list is an empty one, as in FHIR."""
        found = self.data.get(name)
        if found is None:
            return
        if not isinstance(found, list):
            raise Unreadable("structure", f"{self.path}.{name}", "is no list")
        for index, item in enumerate(found):
            yield Node(item, f"{self.path}.{name}[{index}]")

    def first(self, name: str) -> Node:
        """The first of a list that must not be empty."""
        found = next(self.nodes(name), None)
        if found is None:
            raise Incomplete(f"{self.path}.{name}")
        return found

    def within(self, *names: str) -> str:
        """The text at the end of a path of objects and first members of lists, empty where the path ends early."""
        here = self
        for name in names[:-1]:
            held = here.data.get(name)
            inner = next(here.nodes(name), None) if isinstance(held, list) else here.maybe(name)
            if inner is None:
                return ""
            here = inner
        return here.optional(names[-1])

    # -- what FHIR writes in its own ways

    def identifier(self, system: str, operation: str = "") -> str:
        """The identifier of a system (and, for request numbers, of an operation); empty if there is none."""
        for item in self.nodes("identifier"):
            if item.optional("system") == system and (
                not operation or item.within("type", "coding", "code") == operation
            ):
                return item.text("value")
        return ""

    def need_identifier(self, system: str) -> str:
        """An identifier that must be there."""
        found = self.identifier(system)
        if not found:
            raise Incomplete(f"{self.path}.identifier", f"has none with system {system}")
        return found

    def reference(self, name: str, *kinds: str) -> str:
        """The id a required reference to a resource of one of these types names."""
        found = self.node(name)
        return found.target(*kinds)

    def target(self, *kinds: str) -> str:
        """The id this reference names."""
        match = _REFERENCE.match(self.text("reference"))
        if match is None or match[1] not in kinds:
            raise Unreadable("value", f"{self.path}.reference", f"is no reference to {' or '.join(kinds)}")
        return match[2]

    def points_at(self, kind: str) -> bool:
        """Whether this reference names a resource of that type."""
        match = _REFERENCE.match(self.optional("reference"))
        return match is not None and match[1] == kind

    def coding(self, name: str, system: str) -> Node | None:
        """The coding of a system in a CodeableConcept or a list of them."""
        held = self.data.get(name)
        concepts = self.nodes(name) if isinstance(held, list) else filter(None, [self.maybe(name)])
        for concept in concepts:
            for coding in concept.nodes("coding"):
                if coding.optional("system") == system:
                    return coding
        return None

    def money(self, name: str) -> int:
        """A required amount in fen; this interface knows yuan only."""
        found = self.node(name)
        currency = found.optional("currency")
        if currency not in ("", "CNY"):
            raise Unreadable("value", f"{found.path}.currency", f"is {currency[:8]!r}, this interface takes CNY only")
        fen = found.decimal("value") * 100
        if fen != int(fen):
            raise Unreadable("value", f"{found.path}.value", "has more than two decimals")
        return int(fen)

    def extension(self, name: str) -> Node | None:
        """An extension of this interface (`name` alone inside a complex one), or None."""
        wanted = {systems.extension_url(name), name}
        for item in self.nodes("extension"):
            if item.optional("url") in wanted:
                return Node(item.data, f"{self.path}.extension({name})")
        return None

    def need_extension(self, name: str) -> Node:
        """An extension that must be there."""
        found = self.extension(name)
        if found is None:
            raise Incomplete(f"{self.path}.extension({name})")
        return found

    def said(self, name: str) -> str:
        """The text of an extension, empty without one."""
        found = self.extension(name)
        return found.text("valueString") if found is not None else ""

    def tagged(self, code: str) -> bool:
        """Whether the resource carries this tag of the interface."""
        return self.tag(systems.TAG, code) == code

    def tag(self, system: str, code: str = "") -> str:
        """The code of a tag of that system (this one, if it is there), empty if there is none."""
        meta = self.maybe("meta")
        found = [tag.optional("code") for tag in meta.nodes("tag") if tag.optional("system") == system] if meta else []
        return code if code in found else (found[0] if found and not code else "")

    def narrative(self) -> str:
        """The words of `text.div`, without its markup."""
        reader = _Words()
        reader.feed(self.node("text").text("div"))
        return reader.words


class _Words(HTMLParser):
    """Collects the text of XHTML; blocks become lines."""

    _BLOCKS = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4"})

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - its signature
        if tag in self._BLOCKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        self._parts.append(data)

    @property
    def words(self) -> str:
        lines = (line.strip() for line in "".join(self._parts).splitlines())
        return "\n".join(line for line in lines if line)


def _instant(text: str, path: str) -> datetime:
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text) if _INSTANT.match(text) else "")
    except ValueError as problem:
        raise Unreadable("value", path, "is no time yyyy-MM-ddTHH:mm:ss with a zone") from problem
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Unreadable("value", path, f"lies before {_FIRST_YEAR} or after {_LAST_YEAR}")
    return found
