"""One hospital: its engine, its faults, the messages it has for the hub, and the ports of its dialect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.app import Site
from sandbox.control import Board
from sandbox.his.clock import Clock
from sandbox.his.desk import Rules
from sandbox.his.engine import COMMANDS, Engine
from sandbox.his.refusals import Refusal, refuse
from sandbox.his.store import Store
from sandbox.his.switches import all_switches
from sandbox.his.world import World

_LISTS = ("departments", "doctors", "schedules", "numbers", "registrations", "events", "bills", "lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a dialect has to send back, and how badly.

    `refusal` is None when it was done. `cut`: close the connection without a word. `hang`: keep it open without a word.
    `empty`: say success and nothing else. `text_only`: refuse with the general code, so that only the text tells why.
    `charset_lies`: label as UTF-8, send GB18030. `garbage`: send what can't be parsed. `twice`: a dialect whose answers
    stand alone (not HTTP) sends its answer twice.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None
    cut: bool = False
    hang: bool = False
    empty: bool = False
    text_only: bool = False
    charset_lies: bool = False
    garbage: bool = False
    twice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something the hospital has to tell the hub. `number` counts up for ever within one incarnation."""

    number: int
    kind: str
    data: Mapping[str, Any]
    made_at: str


class Hospital:
    """Built from its entry in the configuration; see `sandbox/README.md` for the fields."""

    def __init__(self, entry: Mapping[str, Any], *, host: str, hub_url: str, state: Path) -> None:
        self.code = str(entry["code"])
        self.name = str(entry.get("name", self.code))
        self.dialect = str(entry["dialect"])
        self.host, self.port = host, int(entry["port"])
        self.hub_url = hub_url
        self.secret = str(entry["secret"]).encode()
        self.options: Mapping[str, Any] = entry.get("options", {})
        self.his_locked = entry.get("mode", "hub_pool") == "his_locked"
        self.board = Board(f"his-{self.code}", f"{self.name}（{self.dialect}）", "医院信息系统")
        self.board.add_switches(*all_switches())
        self.board.switches["visits"].set(float(self.options.get("visits_per_minute", 0)) or None)
        self.board.facts = self.facts
        self.clock = Clock(lambda: float(self.board.switches["clock_skew"].value or 0))
        self.store = Store(state / "his" / f"{self.code}.sqlite3")
        self._incarnation = state / "his" / f"{self.code}.incarnation"
        world = World(
            self.store,
            code=self.code,
            seed=int(entry.get("seed", 1)),
            kind=str(entry.get("kind", "general")),
            doctors=int(entry.get("doctors", 3)),
            days=int(entry.get("days", 14)),
            per_slot=int(entry.get("per_slot", 2)),
            reserved=str(self.options.get("reserved_department", "")),
            evening=bool(self.options.get("evening_clinic", False)),
        )
        rules = Rules(
            his_locked=self.his_locked,
            senior_discount=bool(self.options.get("senior_discount", False)),
            price_change=lambda: int(self.board.switches["price_change"].value or 0),
            lock_seconds=lambda: float(
                self.board.switches["lock_seconds"].value or self.options.get("lock_seconds", 1800)
            ),
        )
        self.engine = Engine(
            self.store, self.clock, world, rules, idempotent=bool(self.options.get("idempotent", True))
        )
        self.ports: list[Site] = []
        self.wake = asyncio.Event()
        self._late: set[asyncio.Task[None]] = set()
        self._hurry = asyncio.Event()
        self._pushes = bool(self.options.get("push", True))
        self.asked: dict[str, int] = {}

    # -- asked by the hub

    async def handle(self, operation: str, arguments: Mapping[str, Any]) -> Delivery:
        """Do what is asked, with the faults that are switched on."""
        self.asked[operation] = self.asked.get(operation, 0) + 1
        take = self.board.take
        if wait := self.board.number("slow", operation):
            await asyncio.sleep(wait)
        if take("hang", operation):
            return Delivery(hang=True)
        if delay := self.board.number("late", operation):
            self._later(delay, operation, arguments)
            return Delivery(cut=True)
        if take("maintenance", operation):
            return Delivery(refusal=refuse("busy", "系统维护中，请于01:00后再试"))
        twice = bool(take("duplicate", operation))
        delivery = self._answer(operation, arguments)
        if twice:
            delivery = self._answer(operation, arguments)
        return Delivery(
            data=delivery.data,
            refusal=delivery.refusal,
            cut=bool(take("drop_answer", operation)),
            empty=bool(take("empty_success", operation)),
            text_only=bool(take("text_only", operation)),
            charset_lies=bool(take("charset_lies", operation)),
            garbage=bool(take("garbage", operation)),
            twice=twice,
        )

    def _answer(self, operation: str, arguments: Mapping[str, Any]) -> Delivery:
        given = dict(arguments)
        if (limit := int(self.board.number("truncate_numbers", operation))) and "hub_number" in given:
            given["hub_number"] = str(given["hub_number"])[:limit]
        try:
            self._spoil(operation)
            return Delivery(data=self._shorten(operation, self.engine.call(operation, given)))
        except Refusal as refusal:
            return Delivery(refusal=refusal)
        except (KeyError, ValueError) as problem:
            return Delivery(refusal=refuse("refused", f"参数错误：{problem}"))

    def _spoil(self, operation: str) -> None:
        if operation in COMMANDS and (reason := self.board.take("reject", operation)):
            raise (
                refuse(str(reason))
                if str(reason) in {"no_source", "busy", "closed", "not_supported"}
                else refuse("refused", str(reason))
            )
        if operation in {"lock_number", "register"} and self.board.take("lock_refused", operation):
            raise refuse("no_source")

    def _shorten(self, operation: str, data: dict[str, Any]) -> dict[str, Any]:
        if not operation.startswith("list_") or not self.board.take("partial_list", operation):
            return data
        return {key: value[: len(value) // 2] if key in _LISTS else value for key, value in data.items()}

    def _later(self, delay: float, operation: str, arguments: Mapping[str, Any]) -> None:
        async def work() -> None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), delay)
            self._answer(operation, arguments)

        task = asyncio.create_task(work())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def do_late(self) -> int:
        """Do now what was put off; how many requests that were."""
        waiting = list(self._late)
        self._hurry.set()
        await asyncio.gather(*waiting)
        self._hurry.clear()
        return len(waiting)

    # -- told to the hub

    @property
    def incarnation(self) -> str:
        """The generation of the books: raised when they are restored, kept outside of them."""
        return self._incarnation.read_text(encoding="ascii") if self._incarnation.exists() else "1"

    def raise_incarnation(self) -> None:
        """Begin a new generation of the books."""
        self._incarnation.write_text(str(int(self.incarnation) + 1), encoding="ascii")

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """Write a message for the hub, inside or outside a transaction; hospitals that are polled tell nothing."""
        if not self._pushes:
            return
        self.store.run(
            "INSERT INTO messages (kind, data, made_at) VALUES (?,?,?)",
            kind, json.dumps(data, ensure_ascii=False), self.clock.now().isoformat(),
        )  # fmt: skip
        self.wake.set()

    def due_messages(self, limit: int = 20) -> list[Message]:
        """The messages not taken by the hub yet, oldest first."""
        rows = self.store.all("SELECT * FROM messages WHERE delivered = 0 ORDER BY id LIMIT ?", limit)
        return [
            Message(number=row["id"], kind=row["kind"], data=json.loads(row["data"]), made_at=row["made_at"])
            for row in rows
        ]

    def delivered(self, message: Message) -> None:
        """The hub took it."""
        self.store.run("UPDATE messages SET delivered = 1 WHERE id = ?", message.number)

    def facts(self) -> dict[str, Any]:
        """What the control page shows."""
        count = self.store.number
        return {
            "code": self.code,
            "address": f"{self.host}:{self.port}",
            "mode": "his_locked" if self.his_locked else "hub_pool",
            "incarnation": self.incarnation,
            "now": self.clock.now().isoformat(),
            "numbers": {
                row["state"]: row["n"]
                for row in self.store.all("SELECT state, count(*) AS n FROM numbers GROUP BY state")
            },
            "registrations": {
                row["state"]: row["n"]
                for row in self.store.all("SELECT state, count(*) AS n FROM registrations GROUP BY state")
            },
            "patients": count("SELECT count(*) FROM patients"),
            "ledger_fen": count("SELECT sum(amount_fen) FROM ledger"),
            "messages_waiting": count("SELECT count(*) FROM messages WHERE delivered = 0"),
            "asked": dict(self.asked),
        }
