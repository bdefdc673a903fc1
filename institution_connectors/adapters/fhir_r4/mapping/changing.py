"""Changing what the hospital holds: an `Appointment` found by its numbers, put back with our change and our number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from institution_connectors.adapters.fhir_r4.client import Stale
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.adapters.fhir_r4.talk import Talk, own_number
from institution_connectors.contracts import Answer, Command, Reason
from institution_connectors.http import CallFailed

ResultT = TypeVar("ResultT")
Change = Callable[[Node], dict[str, Any] | None]


def known(talk: Talk, registration_number: str, number: str) -> Node:
    """The appointment under the hub's number or the hospital's."""
    tokens = [f"{systems.REQUEST}|{registration_number}"] if registration_number else []
    tokens += [f"{systems.REGISTRATION}|{number}"] if number else []
    node = talk.one("Appointment", [("identifier", ",".join(tokens))])
    if node is None:
        raise refused(Reason.NOT_FOUND, "no appointment carries this number")
    return node


def changed(talk: Talk, node: Node, request: Command, change: Change) -> Node:
    """The resource with a change of ours and our number; once more, anew, if somebody else was faster.

    `change` is given the resource of now and brings None when there is nothing to change any more.
    """
    for _ in range(2):
        if any(item.optional("value") == request.hub_number for item in node.nodes("identifier")):
            return node
        changes = change(node)
        if changes is None:
            return node
        number = systems.identifier(systems.REQUEST, request.hub_number, str(request.operation))
        kept = {name: value for name, value in node.data.items() if name not in {"meta", "text"}}
        identifiers = [*(item.data for item in node.nodes("identifier")), number]
        try:
            return talk.update({**kept, **changes, "identifier": identifiers}, version=node.version)
        except Stale:
            node = talk.read("Appointment", node.id)
    raise refused(Reason.BUSY, "the appointment was changed meanwhile, twice (412)")


def answered(node: Node, request: Command, result: Callable[[Node], ResultT]) -> ResultT:
    """The result of what came back, once it is certain that our number stands in it."""
    own_number(node, request.hub_number)
    return result(node)


def refused(reason: Reason, text: str) -> CallFailed:
    """A refusal found before anything was asked for."""
    return CallFailed(Answer.rejected(reason, text=text))


def extensions(node: Node, besides: str) -> list[Any]:
    """The extensions of a resource as they stand, without the one to be written anew."""
    return [item.data for item in node.nodes("extension") if item.optional("url") != systems.extension_url(besides)]
