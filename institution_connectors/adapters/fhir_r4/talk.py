"""One operation's conversation with a server: searches with their pages, reads, creations, updates.

It keeps account of whether something that changes the hospital may have left: what fails before that was certainly not
done, so it is `sent=False` and may be asked again without asking after it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from institution_connectors import charsets
from institution_connectors.adapters.fhir_r4.client import FhirClient, Reply, Stale
from institution_connectors.adapters.fhir_r4.errors import Incomplete, NotCarried, Unreadable
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.contracts import Answer, Call, ConnectorProfile, Reason
from institution_connectors.http import CallFailed

PAGE: Final = 200
_MOST_PAGES, _MOST_ROWS = 200, 20_000
_PAGES_TIME = 4  # all pages together may take as long as so many answers

Params = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Found:
    """A search to its last page: what matched, what was included beside it, and the server's own count (F11)."""

    matches: tuple[Node, ...]
    included: Mapping[str, Node]
    total: int

    def counted(self, rows: int) -> int:
        """The count for a list of `rows` made of the matches: what the server has more of stays missing in it."""
        return rows + self.total - len(self.matches)

    def include(self, kind: str, wanted: str) -> Node | None:
        """An included resource."""
        return self.included.get(f"{kind}/{wanted}")


@dataclass(slots=True)
class Talk:
    """For one call; not shared between threads."""

    profile: ConnectorProfile
    client: FhirClient
    call: Call
    wrote: bool = False
    clock: datetime | None = None
    _began: float = field(default_factory=time.monotonic)

    # -- asking

    def search(self, kind: str, params: Params, *, secret: bool = False, most: int = _MOST_ROWS) -> Found:
        """All pages of a search, or those with the first `most` matches; `secret` parameters stay out of addresses."""
        asked = [*params, ("_count", str(min(PAGE, most)))]
        strict = {"Prefer": "handling=strict"}
        if secret:
            reply = self._ask("POST", f"{kind}/_search", form=dict(asked), headers=strict)
        else:
            reply = self._ask("GET", f"{kind}?{urlencode(asked, safe=':/|,')}", headers=strict)
        bundle = _bundle(reply)
        total = bundle.integer("total")
        matches, included = _entries(bundle, kind)
        pages = 1
        while (link := _next(bundle)) and len(matches) < most:
            pages += 1
            if pages > _MOST_PAGES or len(matches) > _MOST_ROWS:
                raise Unreadable("too-long", "Bundle.link", f"leads to more than {_MOST_PAGES} pages")
            if time.monotonic() - self._began > _PAGES_TIME * self.call.timeouts.read:
                raise CallFailed(Answer.unknown(Reason.TIME_OUT, text=f"{pages} pages did not end in time"))
            try:
                path = self.client.within(link)
            except ValueError as problem:
                raise Unreadable("value", "Bundle.link.url", str(problem)) from problem
            bundle = _bundle(self._ask("GET", path, headers=strict))
            more, beside = _entries(bundle, kind)
            matches += more
            included |= beside
        return Found(tuple(matches), included, total)

    def one(self, kind: str, params: Params, *, secret: bool = False) -> Node | None:
        """The only match, the newest if there are several, or None."""
        found = self.search(kind, params, secret=secret)
        return max(found.matches, key=_last_updated) if found.matches else None

    def read(self, kind: str, wanted: str) -> Node:
        """One resource by its id."""
        return _resource(self._ask("GET", f"{kind}/{wanted}"), kind)

    def count(self, kind: str) -> int:
        """How many there are of a type."""
        return _bundle(self._ask("GET", f"{kind}?_summary=count")).integer("total")

    def evaluate(self, path: str, resource: Mapping[str, Any], kind: str) -> Node:
        """An operation of the server that changes nothing."""
        return _resource(self._ask("POST", path, resource=resource), kind)

    # -- changing

    def create(self, resource: Mapping[str, Any], *, unless: str) -> tuple[Node | None, Reply]:
        """Create, unless there is one that matches `unless` (a search): what is there then, None without a body."""
        headers = {"If-None-Exist": unless, "Prefer": "return=representation"}
        try:
            reply = self._write("POST", str(resource["resourceType"]), resource, headers)
        except Stale as stale:
            text = f"several {resource['resourceType']} carry the same request number"
            raise CallFailed(Answer.unknown(Reason.UNREADABLE, text=text)) from stale
        return (None if reply.body is None else _resource(reply, str(resource["resourceType"]))), reply

    def update(self, resource: Mapping[str, Any], *, version: str) -> Node:
        """Replace the version that was read; `Stale` when it is another by now, and then nothing was done."""
        kind, headers = str(resource["resourceType"]), {"Prefer": "return=representation"}
        if version:
            headers["If-Match"] = f'W/"{version}"'
        try:
            return _resource(self._write("PUT", f"{kind}/{resource['id']}", resource, headers), kind)
        except Stale:
            self.wrote = False
            raise

    # -- what a hospital's fields hold

    def text(self, name: str, value: str) -> str:
        """A text for the hospital, refused when its field is too short: nothing is cut off (practice 3)."""
        try:
            return charsets.carried(name, value, "utf-8", self.profile.options.text_bytes)
        except charsets.CharsetError as problem:
            raise NotCarried(str(problem)) from problem

    # -- parts

    def _write(self, method: str, path: str, resource: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
        self.wrote = True
        return self._ask(method, path, resource=resource, headers=headers)

    def _ask(self, method: str, path: str, **more: Any) -> Reply:
        reply = self.client.ask(method, path, self.call, **more)
        self.clock = reply.clock
        return reply


def own_number(node: Node, number: str) -> None:
    """The hospital must have stored our whole number, or asking after it would find nothing (F16)."""
    stored = [item.optional("value") for item in node.nodes("identifier") if item.optional("system") == systems.REQUEST]
    if number not in stored:
        raise Incomplete(f"{node.path}.identifier", "lacks the request number that was sent")


def _bundle(reply: Reply) -> Node:
    bundle = _resource(reply, "Bundle")
    if bundle.text("type") != "searchset":
        raise Unreadable("value", "Bundle.type", "is not searchset")
    return bundle


def _resource(reply: Reply, kind: str) -> Node:
    if reply.body is None:
        raise Incomplete(kind, "is missing: the answer has no body")
    node = Node.resource(reply.body)
    if node.kind != kind:
        if node.kind == "OperationOutcome":
            raise Incomplete(kind, "is missing: the answer is an OperationOutcome")
        raise Unreadable("structure", "resourceType", f"is {node.kind[:40]}, not {kind}")
    return node


def _entries(bundle: Node, kind: str) -> tuple[list[Node], dict[str, Node]]:
    matches: list[Node] = []
    included: dict[str, Node] = {}
    for entry in bundle.nodes("entry"):
        mode = entry.within("search", "mode") or "match"
        if mode == "outcome":
            continue
        node = Node.resource(entry.data.get("resource"), f"{entry.path}.resource")
        if mode == "match":
            if node.kind != kind:
                raise Unreadable("structure", f"{node.path}.resourceType", f"is not {kind}")
            matches.append(node)
        else:
            included[f"{node.kind}/{node.id}"] = node
    return matches, included


def _next(bundle: Node) -> str:
    return next((link.optional("url") for link in bundle.nodes("link") if link.optional("relation") == "next"), "")


def _last_updated(node: Node) -> str:
    return node.within("meta", "lastUpdated")
