"""Telling the hub what it subscribed to: the changed resource by PUT, sessions of a day as one collection by POST."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.his.dialect import NotTaken
from sandbox.his.fhir_r4 import directory, names
from sandbox.his.fhir_r4.names import Data, reference
from sandbox.his.fhir_r4.records import ENCOUNTER_STEPS
from sandbox.his.fhir_r4.searches import Searches, searches_of
from sandbox.his.hospital import Hospital, Message


async def deliver(hospital: Hospital, message: Message) -> None:
    """Send one message to whoever subscribed to its kind of resource; returns when the hub took it."""
    resource = render(hospital, message)
    kind = "Schedule" if resource["resourceType"] == "Bundle" else resource["resourceType"]
    channel = _channel(hospital, kind)
    body = json.dumps(resource, ensure_ascii=False).encode()
    heads = dict(line.split(": ", 1) for line in channel["header"])
    heads["Content-Type"] = f"{channel['payload']}; charset=utf-8"
    address, method = channel["endpoint"], "POST"
    if resource["resourceType"] != "Bundle":
        address, method = f"{address}/{resource['resourceType']}/{resource['id']}", "PUT"
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=15, connect=2)) as session,
            session.request(method, address, data=body, headers=heads) as answer,
        ):
            if answer.status // 100 != 2:
                raise NotTaken(f"{answer.status}: {(await answer.text())[:300]}")
    except ClientError as problem:
        raise NotTaken(str(problem)) from problem


def render(hospital: Hospital, message: Message) -> Data:
    """The message as a resource, in a version of its own."""
    made = _resource(hospital, message)
    meta = {
        **made.get("meta", {}),
        "versionId": str(message.number),
        "lastUpdated": message.made_at,
        "tag": [
            *made.get("meta", {}).get("tag", ()),
            {"system": names.GENERATION, "code": hospital.incarnation},
        ],
    }
    return {**made, "meta": meta}


def _channel(hospital: Hospital, kind: str) -> Data:
    for subscription in searches_of(hospital).books.subscriptions():
        if subscription["criteria"].split("?")[0] == kind:
            channel: Data = subscription["channel"]
            return channel
    raise NotTaken(f"nobody subscribed to {kind} yet")


def _resource(hospital: Hospital, message: Message) -> Data:
    data: Any = message.data
    searches = searches_of(hospital)
    if message.kind == "schedule_snapshot":
        return _collection(searches, message)
    if message.kind == "session_stopped":
        return searches.schedule(data["schedule_code"])
    if message.kind == "number_taken":
        row = hospital.store.one("SELECT * FROM numbers WHERE code = ?", data["number_code"]) or {}
        return directory.slot({**row, "state": "free" if data["free"] else "taken"})
    if message.kind == "patients_merged":
        return searches.patient(data["merged_id"])
    if message.kind == "result_reported":
        made = hospital.engine.cashier.lab_report({"report_code": data["report_code"]})["report"]
        return {
            "resourceType": "DiagnosticReport",
            "id": data["report_code"],
            "identifier": [{"system": names.REGISTRATION, "value": data["his_number"]}],
            "status": "final",
            "category": [names.concept(names.REPORTS, "LAB")],
            "code": {"text": data["title"]},
            "subject": reference("Patient", data["patient_id"]),
            "issued": made["reported_at"],
        }
    if data["kind"] in ENCOUNTER_STEPS:
        return searches.visit(data["his_number"])
    return searches.dispense_of(data)


def _collection(searches: Searches, message: Message) -> Data:
    resources = [searches.schedule_of(row) for row in message.data["schedules"]]
    resources += [directory.slot(row) for row in message.data["numbers"]]
    return {
        "resourceType": "Bundle",
        "id": f"snapshot-{message.number}",
        "meta": {"tag": [{"system": names.TAG, "code": "complete"}]},
        "identifier": {"system": f"{names.BASE}/notification-number", "value": f"snapshot-{message.number}"},
        "type": "collection",
        "timestamp": message.made_at,
        "entry": [{"fullUrl": f"urn:x-his:{one['resourceType']}:{one['id']}", "resource": one} for one in resources],
    }
