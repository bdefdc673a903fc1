"""Asking a hospital for the checklist: outside its queue, with a connection of its own, every message kept masked."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext

from hub import clock
from hub.ids import uuid7
from hub.security.keyring import ring
from hub.tenancy import registry
from hub.tenancy.models import TenantState
from institution_connectors import charsets
from institution_connectors.contracts import Adapter, Answer, Call, ConnectorProfile, Operation, Patient, Request, Wire
from institution_connectors.contracts.values import Sex
from institution_connectors.exchange.rendering import masked
from institution_connectors.runtime.adapters import FACTORIES, OPERATIONS

MESSAGES, TEXT = 40, 4000  # of a step; longer lists say nothing more


class Failed(Exception):
    """The hospital did not do what the checklist asks; the text says what was expected and what came."""


class NotApplicable(Exception):
    """The step says nothing about this hospital; the text says why."""


@dataclass(slots=True)
class Talk:
    """One step's conversation with a hospital."""

    profile: ConnectorProfile
    adapter: Adapter
    wires: list[Wire] = field(default_factory=list)

    def ask(self, request: Request) -> Answer:
        """One call, whatever the profile says the hospital can do."""
        if request.operation not in OPERATIONS[self.profile.dialect]:
            raise NotApplicable(gettext("本方言没有“%(text)s”") % {"text": request.operation.text})
        call = Call(trace_id=uuid7().hex, timeouts=request.operation.timeouts, record=self.wires.append)
        return self.adapter.call(request, call)

    @property
    def may_write(self) -> bool:
        """Whether commands may be tried: before the hospital is live, or where it keeps a department for the hub."""
        return bool(self.profile.options.reserved_department) or registry.state_of(self.profile.hospital) not in (
            TenantState.LIVE,
            TenantState.LEAVING,
        )

    def messages(self) -> list[dict[str, Any]]:
        """What crossed the wire, in order, masked."""
        return [
            {
                "direction": str(wire.direction),
                "at": f"{clock.local(wire.at):%H:%M:%S.%f}"[:12],
                "text": masked(_text(wire))[:TEXT],
            }
            for wire in self.wires[:MESSAGES]
        ]


@contextmanager
def talking(profile: ConnectorProfile, *, secret: bytes | None = None) -> Iterator[Talk]:
    """A conversation under the hospital's own secret, or under another one."""
    able = replace(profile, capabilities=OPERATIONS[profile.dialect])
    adapter = FACTORIES[profile.dialect](able, secret or ring().secret(profile.secret_ref))
    try:
        yield Talk(able, adapter)
    finally:
        adapter.close()


def number(prefix: str) -> str:
    """A fresh hub number of the full length of 28."""
    return f"{prefix}Y{secrets.token_hex(14).upper()}"[:28]


def patient(name: str = "验收测试") -> Patient:
    """A person who does not exist, with a passport nobody has."""
    return Patient(
        name=name,
        document_type="03",
        document_number=f"YS{secrets.token_hex(4).upper()}",
        sex=Sex.FEMALE,
        birth_date=date(1990, 1, 1),
        phone="13000000000",
    )


def supports(profile: ConnectorProfile, operations: frozenset[Operation]) -> bool:
    """Whether this dialect has all of these operations."""
    return operations <= OPERATIONS[profile.dialect]


def soon() -> tuple[date, date]:
    """The days whose sessions are looked at: from tomorrow on, two weeks."""
    return clock.today() + clock.DAY, clock.today() + 14 * clock.DAY


def _text(wire: Wire) -> str:
    _, _, charset = wire.content_type.partition("charset=")
    try:
        return charsets.decode(wire.body, transport=charset).text
    except charsets.CharsetError:
        return f"（无法识别的 {len(wire.body)} 字节）"
