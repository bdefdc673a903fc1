"""XML of a hospital, read with the doors shut: no DTD, no entities, bounded size and depth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from institution_connectors.adapters.soap_xml.errors import Incomplete, Unreadable
from institution_connectors.charsets import CharsetError, decode

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 32
MAX_ELEMENTS = 500_000
_DECLARATION = re.compile(r"\A\s*<\?xml\b([^>]*)\?>")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class _Bounded(TreeBuilder):
    """Builds the tree and stops at a depth or number of elements no honest answer reaches."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"XML nested deeper than {MAX_DEPTH} at element {_local(tag)}")
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(f"XML of more than {MAX_ELEMENTS} elements")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag)


class Node:
    """An element by local names: namespaces differ between hospitals and mean nothing here."""

    def __init__(self, element: Element) -> None:
        self._element = element
        self.name = _local(element.tag)
        self._children = [Node(child) for child in element]

    @property
    def content(self) -> str:
        """The element's own text."""
        return self._element.text or ""

    @property
    def children(self) -> list[Node]:
        """The child elements, in order."""
        return self._children

    def attribute(self, name: str) -> str | None:
        """An attribute, None when missing."""
        return self._element.get(name)

    def child(self, name: str) -> Node | None:
        """The first child of a name."""
        return next((child for child in self._children if child.name == name), None)

    def find(self, name: str) -> Node | None:
        """The first element of a name, this one or below."""
        if self.name == name:
            return self
        return next((found for child in self._children if (found := child.find(name))), None)

    def value(self, name: str) -> str | None:
        """The trimmed text of a child; None when the element is missing, "" when it is empty."""
        child = self.child(name)
        return None if child is None else child.content.strip()

    def text(self, name: str) -> str:
        """The trimmed text of a child, "" when empty or missing."""
        return self.value(name) or ""

    def require(self, name: str) -> str:
        """The text of a child that a result can't do without."""
        value = self.text(name)
        if not value:
            raise Incomplete(f"{name} is {'missing' if self.value(name) is None else 'empty'}")
        return value

    def items(self) -> list[Node]:
        """The rows of a list: `Items/Item`, or bare `Item`s, or an `Items` repeated per row, as senders write it."""
        holders = [child for child in self._children if child.name == "Items"]
        rows = [item for holder in holders for item in holder.children if item.name == "Item"]
        rows += [child for child in self._children if child.name == "Item"]
        return rows or [holder for holder in holders if holder.children]


def parse_text(text: str) -> Node:
    """The document in decoded text; what its declaration says about bytes no longer matters."""
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(_DECLARATION.sub("", text.lstrip("\ufeff"), count=1).strip())
        root: Element = parser.close()
    except ParseError as problem:
        raise Unreadable(f"not well-formed XML: {problem}") from problem
    except DefusedXmlException as problem:
        raise Unreadable(f"XML with a DTD or entities is refused ({type(problem).__name__})") from problem
    return Node(root)


def parse_bytes(data: bytes, *, transport: str, configured: str) -> Node:
    """The document in bytes: decoded as the transport, then the declaration, then the profile says (F5)."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the answer is larger than {MAX_BYTES} bytes")
    declaration = _DECLARATION.search(data[:256].decode("latin-1").lstrip("\xef\xbb\xbf"))
    encoding = _ENCODING.search(declaration[1]) if declaration else None
    try:
        decoded = decode(data, transport=transport, declared=encoding[1] if encoding else "", configured=configured)
    except CharsetError as problem:
        raise Unreadable(str(problem)) from problem
    return parse_text(decoded.text)


def element(name: str, value: str | Mapping[str, str]) -> str:
    """One element of text, or of named children, with everything escaped that must be."""
    inner = escaped(value) if isinstance(value, str) else "".join(element(key, item) for key, item in value.items())
    return f"<{name}>{inner}</{name}>"


def escaped(text: str) -> str:
    """Text as it may stand in an element; characters XML can't hold are refused, not dropped."""
    if bad := _NOT_XML.search(text):
        raise CharsetError(f"character U+{ord(bad[0]):04X} can't stand in XML")
    return escape(text)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
