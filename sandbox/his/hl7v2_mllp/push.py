"""Telling the hub: one message on a connection, repeated until acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from sandbox.his.dialect import NotTaken
from sandbox.his.hl7v2_mllp import rows
from sandbox.his.hl7v2_mllp.wire import MSH18, Parsed, block, day, header, read_block, segment, stamp
from sandbox.his.hospital import Hospital, Message

log = logging.getLogger("sandbox.his")
_PATIENCE = 15.0
_VISIT_TRIGGERS = {"arrived": "A04", "visit_ended": "A03"}


async def deliver(hospital: Hospital, message: Message) -> None:
    """Send one message; returns when the hub took it, and also when it said never to send it again (AR)."""
    host, _, port = str(hospital.options["hub_mllp"]).rpartition(":")
    charset = str(hospital.options.get("charset", "utf-8"))
    reader, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), 2)
    try:
        writer.write(block(render(hospital, message), charset))
        await writer.drain()
        answer = Parsed(await asyncio.wait_for(read_block(reader), _PATIENCE), charset)
    except (asyncio.IncompleteReadError, ValueError) as problem:
        raise NotTaken(str(problem)) from problem
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if answer.get("MSA", 2) != message_id(message):
        raise NotTaken(f"the answer is for {answer.get('MSA', 2)!r}")
    if answer.get("MSA", 1) in {"AR", "CR"}:
        log.warning("%s: the hub refused %s: %s", hospital.code, message_id(message), answer.get("MSA", 3))
    elif answer.get("MSA", 1) not in {"AA", "CA"}:
        raise NotTaken(answer.get("MSA", 3))


def message_id(message: Message) -> str:
    """MSH-10."""
    return f"M{message.number:010d}"


def render(hospital: Hospital, message: Message) -> list[str]:
    """The message as segments."""
    facility = str(hospital.options.get("facility", hospital.code))
    kind, lines = _BODIES[message.kind](message, facility)
    head = header(
        {
            3: ["HIS", hospital.incarnation],
            4: facility,
            5: "HUB",
            6: "JA",
            7: stamp(message.made_at),
            8: hospital.secret.decode("ascii"),
            9: kind,
            10: message_id(message),
            11: "P",
            12: "2.4",
            17: "CHN",
            18: MSH18[str(hospital.options.get("charset", "utf-8"))],
        }
    )
    return [head, *lines]


def _snapshot(message: Message, _: str) -> tuple[list[str], list[str]]:
    data = message.data
    summary = {
        1: f"S{message.number}",
        2: day(data["first_day"]),
        3: day(data["last_day"]),
        4: len(data["schedules"]),
        5: len(data["numbers"]),
    }
    lines = [segment("ZSS", summary), *map(rows.schedule, data["schedules"]), *map(rows.number, data["numbers"])]
    return ["MFN", "Z05", "MFN_Z05"], lines


def _stopped(message: Message, _: str) -> tuple[list[str], list[str]]:
    return ["SIU", "S23", "SIU_S12"], [segment("SCH", {25: "Blocked"}), rows.stop(message.data)]


def _number(message: Message, _: str) -> tuple[list[str], list[str]]:
    data = message.data
    trigger, state = ("S15", "F") if data["free"] else ("S12", "T")
    moved = {1: data["number_code"], 2: data["schedule_code"], 3: data["sequence"], 6: state}
    return ["SIU", trigger, "SIU_S12"], [
        segment("SCH", {25: "Cancelled" if data["free"] else "Booked"}),
        segment("ZNB", moved),
    ]


def _visit(message: Message, facility: str) -> tuple[list[str], list[str]]:
    data = message.data
    person = rows.record(data["patient_id"], facility)
    if data["kind"] == "missed":
        booked = segment("SCH", {1: data["registration_number"], 2: data["his_number"], 25: "Noshow"})
        return ["SIU", "S26", "SIU_S12"], [booked, person]
    trigger = _VISIT_TRIGGERS.get(data["kind"], "Z20")
    step: Mapping[int, Any] = {
        1: data["kind"].upper(),
        2: data["ticket"],
        3: data["place"],
        4: data["carrier"],
        5: data["tracking_number"],
        6: data["window"],
        7: data["dispensing_number"],
    }
    return ["ADT", trigger, "ADT_A01"], [
        segment("EVN", {1: trigger, 2: stamp(message.made_at)}),
        person,
        segment("PV1", {1: "1", 2: "O", 5: data["registration_number"], 19: data["his_number"]}),
        segment("ZVE", step),
    ]


def _merged(message: Message, facility: str) -> tuple[list[str], list[str]]:
    return ["ADT", "A40", "ADT_A39"], [
        segment("EVN", {1: "A40", 2: stamp(message.made_at)}),
        rows.record(message.data["kept_id"], facility),
        segment("MRG", {1: [[message.data["merged_id"], "", "", facility, "MR"]]}),
    ]


def _result(message: Message, facility: str) -> tuple[list[str], list[str]]:
    data = message.data
    report = {"code": data["report_code"], "title": data["title"], "approved": True, "reported_at": message.made_at}
    return ["ORU", "R01", "ORU_R01"], [
        rows.record(data["patient_id"], facility),
        segment("PV1", {1: "1", 2: "O", 19: data["his_number"]}),
        rows.report(report),
        *(rows.lab_value(row, position) for position, row in enumerate(data["lines"], start=1)),
    ]


_BODIES = {
    "schedule_snapshot": _snapshot,
    "session_stopped": _stopped,
    "number_taken": _number,
    "visit_event": _visit,
    "patients_merged": _merged,
    "result_reported": _result,
}
