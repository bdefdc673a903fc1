"""Telling the hub: one signed POST per message, repeated until acknowledged."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.his.dialect import NotTaken
from sandbox.his.hospital import Hospital, Message
from sandbox.his.rest_json import wording
from sandbox.his.rest_json.wording import Wording, stamp


async def deliver(hospital: Hospital, message: Message) -> None:
    """Send one message; returns when the hub took it."""
    url = f"{hospital.hub_url}/api/institution/v1/{hospital.code}/messages"
    body = json.dumps(render(hospital, message), ensure_ascii=False).encode()
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=15, connect=2)) as session,
            session.post(url, data=body, headers=signed(hospital.secret, urlsplit(url).path, body)) as answer,
        ):
            if answer.status != 200:
                raise NotTaken(f"{answer.status}: {(await answer.text())[:300]}")
            ack = await answer.json()
    except ClientError as problem:
        raise NotTaken(str(problem)) from problem
    if ack.get("code") != "0" or ack.get("message_id") != _message_id(message):
        raise NotTaken(f"not acknowledged: {ack}")


def signed(secret: bytes, path: str, body: bytes) -> dict[str, str]:
    """The headers that prove who sends this."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    content = "\n".join(["POST", path, timestamp, nonce, hashlib.sha256(body).hexdigest()])
    signature = hmac.new(secret, content.encode(), hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "timestamp": timestamp, "nonce": nonce, "sign": signature}


def render(hospital: Hospital, message: Message) -> dict[str, Any]:
    """The message in the dialect's words."""
    words = Wording(yuan=hospital.options.get("money_unit", "fen") == "yuan")
    return {
        "message_id": _message_id(message),
        "source": f"HIS-{hospital.code}",
        "incarnation": hospital.incarnation,
        "kind": message.kind,
        "occurred_at": stamp(message.made_at),
        "data": _data(words, message),
    }


def _message_id(message: Message) -> str:
    return f"M{message.number:010d}"


def _data(words: Wording, message: Message) -> dict[str, Any]:
    data = message.data
    if message.kind == "schedule_snapshot":
        return {
            "snapshot_id": f"S{message.number}",
            "start_date": data["first_day"],
            "end_date": data["last_day"],
            "schedule_total": len(data["schedules"]),
            "number_total": len(data["numbers"]),
            "schedules": [words.schedule(row) for row in data["schedules"]],
            "numbers": [wording.number(row) for row in data["numbers"]],
        }
    if message.kind == "session_stopped":
        return wording.stop(data)
    if message.kind == "number_taken":
        return {
            "schedule_no": data["schedule_code"],
            "number_id": data["number_code"],
            "see_no": data["sequence"],
            "free": "1" if data["free"] else "0",
        }
    if message.kind == "visit_event":
        return wording.visit_event(data)
    if message.kind == "result_reported":
        return {
            "patient_id": data["patient_id"],
            "sample_id": data["report_code"],
            "title": data["title"],
            "status": data["status"],
            "reg_id": data["his_number"],
        }
    return dict(data)
