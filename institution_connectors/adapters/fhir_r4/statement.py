"""What a server says of itself: the CapabilityStatement, and what of an operation it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from institution_connectors.adapters.fhir_r4.errors import Unreadable
from institution_connectors.adapters.fhir_r4.mapping.node import Node

VERSION: Final = "4.0."
SERVES: Final = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An interaction an operation can't do without: `read`, `search-type`, `create`, `update`, or `$name`.

    `conditional`: creating it must know `If-None-Exist`.
    """

    kind: str
    interaction: str
    conditional: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.interaction}{' (conditional)' if self.conditional else ''}"


@dataclass(frozen=True, slots=True)
class Statement:
    """The part of a CapabilityStatement that decides whether we may ask something."""

    version: str
    interactions: Mapping[str, frozenset[str]]
    conditional: frozenset[str]

    @classmethod
    def of(cls, node: Node) -> Statement:
        """Out of the resource at `metadata`."""
        if node.kind != "CapabilityStatement":
            raise Unreadable("structure", node.path, "is no CapabilityStatement")
        interactions: dict[str, frozenset[str]] = {}
        conditional = set()
        for rest in node.nodes("rest"):
            if rest.optional("mode") != SERVES:
                continue
            for resource in rest.nodes("resource"):
                kind = resource.text("type")
                said = {item.text("code") for item in resource.nodes("interaction")}
                said |= {"$" + item.text("name").lstrip("$") for item in resource.nodes("operation")}
                interactions[kind] = frozenset(said)
                if resource.flag("conditionalCreate", default=False):
                    conditional.add(kind)
        return cls(node.text("fhirVersion"), interactions, frozenset(conditional))

    def lacking(self, needs: tuple[Need, ...]) -> str:
        """What is missing for these, in words for the vendor's engineer; empty if nothing is."""
        if not self.version.startswith(VERSION):
            return f"CapabilityStatement.fhirVersion is {self.version[:20]}, this interface speaks {VERSION}x"
        missing = [need for need in needs if not self._has(need)]
        return f"CapabilityStatement.rest.resource lacks: {', '.join(map(str, missing))}" if missing else ""

    def _has(self, need: Need) -> bool:
        known = need.interaction in self.interactions.get(need.kind, frozenset())
        return known and (not need.conditional or need.kind in self.conditional)
