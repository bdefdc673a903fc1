"""The HTTP side of the FHIR dialect: interactions, conditions, versions, pages, OperationOutcome, and its faults."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from aiohttp import web

from sandbox.app import HttpSite, Site
from sandbox.his.fhir_r4 import directory, money
from sandbox.his.fhir_r4.auth import Guard
from sandbox.his.fhir_r4.names import REFUSAL, REQUEST, Data, identifiers
from sandbox.his.fhir_r4.searches import Page, Query, searches_of
from sandbox.his.fhir_r4.statement import statement
from sandbox.his.hospital import Delivery, Hospital
from sandbox.his.refusals import Refusal, refuse

JSON = "application/fhir+json"
PAGE = 100
_KEPT_SEARCHES = 50
# The engine's reason: HTTP status and FHIR's issue type.
_STATUSES = {
    "not_authorised": (401, "login"),
    "not_supported": (501, "not-supported"),
    "number_reused": (409, "duplicate"),
    "no_source": (409, "conflict"),
    "already_booked": (409, "business-rule"),
    "lock_expired": (409, "expired"),
    "not_found": (404, "not-found"),
    "busy": (503, "transient"),
    "refused": (422, "processing"),
}
_RULE = (422, "business-rule")


def sites(hospital: Hospital) -> list[Site]:
    """The one port of a hospital."""
    return [HttpSite(f"his-{hospital.code}", _Server(hospital).application, hospital.host, hospital.port)]


@dataclass(slots=True)
class Reply:
    """What goes back: a delivery with its faults, and the resource that says it."""

    delivery: Delivery
    resource: Data | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class _Server:
    def __init__(self, hospital: Hospital) -> None:
        self._hospital, self._guard = hospital, Guard(hospital)
        self._searches = searches_of(hospital)
        self._books, self._appointments = self._searches.books, self._searches.appointments
        self._base = f"http://{hospital.host}:{hospital.port}/fhir"
        self._pages: dict[str, Page] = {}
        self._idempotent = bool(hospital.options.get("idempotent", True))

    def application(self) -> web.Application:
        """Fresh with each opening: tokens of before are worth nothing."""
        self._guard.forget()
        application = web.Application(client_max_size=1 << 20)
        application.add_routes(
            [
                web.get("/fhir/metadata", self._metadata),
                web.get("/fhir/.well-known/smart-configuration", self._configuration),
                web.post("/fhir/auth/token", self._guard.token),
                web.get("/fhir", self._next_page),
                web.get("/fhir/{kind}", self._search),
                web.post("/fhir/{kind}/_search", self._search),
                web.get("/fhir/{kind}/{id}", self._read),
                web.post("/fhir/Schedule/{id}/$quote", self._quote),
                web.post("/fhir/{kind}", self._create),
                web.put("/fhir/{kind}/{id}", self._update),
            ]
        )
        return application

    # -- without a token

    async def _metadata(self, _request: web.Request) -> web.Response:
        now = self._hospital.clock.now().isoformat()
        return self._plain(statement(now, smart=self._guard.smart, base=self._base))

    async def _configuration(self, _request: web.Request) -> web.Response:
        if not self._guard.smart:
            return self._plain(_outcome(refuse("not_found"), text_only=False), 404)
        return web.json_response(
            {
                "token_endpoint": f"{self._base}/auth/token",
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
                "capabilities": ["client-confidential-asymmetric"],
            }
        )

    # -- interactions

    async def _search(self, request: web.Request) -> web.StreamResponse:
        text = request.query_string if request.method == "GET" else (await request.text())
        return await self._answered(request, self._searched(request.match_info["kind"], parse_qs(text)))

    async def _next_page(self, request: web.Request) -> web.StreamResponse:
        async def turned() -> Reply:
            page = self._pages.get(request.query.get("_getpages", ""))
            if page is None:
                raise refuse("not_found", "分页已失效，请重新查询")
            offset, count = int(request.query["_getpagesoffset"]), int(request.query["_count"])
            return Reply(Delivery(), self._bundle(request.query["_getpages"], page, offset, count))

        return await self._answered(request, turned())

    async def _read(self, request: web.Request) -> web.StreamResponse:
        async def read() -> Reply:
            return self._reply(Delivery(), self._resource(request.match_info["kind"], request.match_info["id"]))

        return await self._answered(request, read())

    async def _quote(self, request: web.Request) -> web.StreamResponse:
        async def quoted() -> Reply:
            body, wanted = await request.json(), request.match_info["id"]
            patient = next(item["resource"] for item in body["parameter"] if item["name"] == "patient")
            asked = {"schedule_code": wanted, "birth_date": patient.get("birthDate", "")}
            delivery = await self._hospital.handle("quote_fee", asked)
            return Reply(delivery, money.quote(wanted, delivery.data) if delivery.data else None)

        return await self._answered(request, quoted())

    async def _create(self, request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        return await self._answered(request, self._created(kind, request.headers.get("If-None-Exist", ""), request))

    async def _update(self, request: web.Request) -> web.StreamResponse:
        return await self._answered(request, self._updated(request))

    # -- what they do

    async def _searched(self, kind: str, query: Query) -> Reply:
        page = await self._searches.run(kind, query, self._hospital.handle)
        if query.get("_summary") == ["count"]:
            bundle: Data = {"resourceType": "Bundle", "type": "searchset", "total": page.total}
            return Reply(page.delivery, bundle)
        token, count = secrets.token_hex(8), min(int(query.get("_count", ["50"])[0]), PAGE)
        bundle = self._bundle(token, page, 0, count)
        if len(page.matches) > count:
            self._pages[token] = page
            while len(self._pages) > _KEPT_SEARCHES:
                self._pages.pop(next(iter(self._pages)))
        return Reply(page.delivery, bundle)

    def _bundle(self, token: str, page: Page, offset: int, count: int) -> Data:
        rows = page.matches[offset : offset + count]
        wanted = json.dumps(rows)
        beside = [one for one in page.included if f'"{one["resourceType"]}/{one["id"]}"' in wanted]
        links = [{"relation": "self", "url": f"{self._base}?{_page(token, offset, count)}"}]
        if len(page.matches) > offset + count:
            links.append({"relation": "next", "url": f"{self._base}?{_page(token, offset + count, count)}"})
        entries = [self._entry(row, "match") for row in rows] + [self._entry(row, "include") for row in beside]
        return {
            "resourceType": "Bundle", "id": token, "type": "searchset", "total": page.total, "link": links,
            "entry": entries,
        }  # fmt: skip

    def _entry(self, resource: Data, mode: str) -> Data:
        address = f"{self._base}/{resource['resourceType']}/{resource['id']}"
        return {"fullUrl": address, "resource": resource, "search": {"mode": mode}}

    async def _created(self, kind: str, condition: str, request: web.Request) -> Reply:
        body = await request.json()
        if kind == "Subscription":
            return self._reply(Delivery(), self._books.subscribe(body), 201)
        there = await self._there(kind, condition) if self._idempotent else None
        if there is not None:
            return self._reply(Delivery(), there)
        if kind == "Patient":
            arguments = {**directory.patient_fields(body), "hub_number": identifiers(body, REQUEST)[0]}
            return await self._commanded(kind, "create_patient", arguments)
        if kind == "Appointment":
            operation, arguments = self._appointments.command(body, None)
            return await self._commanded(kind, operation, arguments)
        if kind == "PaymentReconciliation":
            return await self._commanded(kind, *money.command(body))
        raise refuse("not_supported")

    async def _there(self, kind: str, condition: str) -> Data | None:
        """What a conditional create finds; looking is part of the command, so that no fault is spent on it."""
        if not condition:
            return None

        async def look(operation: str, arguments: Mapping[str, Any]) -> Delivery:
            return Delivery(data=self._hospital.engine.call(operation, arguments))

        page = await self._searches.run(kind, parse_qs(condition), look)
        return page.matches[0] if page.matches else None

    async def _commanded(self, kind: str, operation: str, arguments: Data, status: int = 201) -> Reply:
        delivery = await self._hospital.handle(operation, arguments)
        if delivery.refusal is not None or delivery.cut or delivery.hang:
            return Reply(delivery)
        # the number is kept, and so found again, as this hospital cut it off (F16)
        limit = int(float(self._hospital.board.switches["truncate_numbers"].value or 28))
        found = self._hospital.engine.call("find_resource", {"number": arguments["hub_number"][:limit]})
        if kind == "Patient":
            existed = bool(delivery.data.get("existed"))
            wanted = delivery.data.get("patient_id") or found["id"]
            return self._reply(delivery, self._resource(kind, wanted), 200 if existed else status)
        return self._reply(delivery, self._resource(kind, found["id"]), status)

    async def _updated(self, request: web.Request) -> Reply:
        kind, wanted = request.match_info["kind"], request.match_info["id"]
        body = await request.json()
        if kind not in ("Patient", "Appointment"):
            raise refuse("not_supported")
        known = self._resource(kind, wanted)
        asked = request.headers.get("If-Match", "")
        if asked and asked != _etag(known):
            return Reply(Delivery(), _outcome(refuse("refused", "资源已被修改（If-Match）"), text_only=True), 412)
        if kind == "Patient":
            new = set(identifiers(body, REQUEST)) - set(identifiers(known, REQUEST))
            if not new:
                return self._reply(Delivery(), known)
            arguments = {**directory.patient_fields(body), "hub_number": new.pop(), "patient_id": wanted}
            return await self._commanded(kind, "update_patient", arguments, 200)
        operation, arguments = self._appointments.command(body, known)
        if not operation:
            return self._reply(Delivery(), known)
        return await self._commanded(kind, operation, arguments, 200)

    def _resource(self, kind: str, wanted: str) -> Data:
        if kind == "Patient":
            return self._searches.patient(wanted)
        if kind == "Appointment":
            return self._appointments.resource(wanted)
        if kind == "PaymentReconciliation":
            return self._searches.payment(wanted)
        raise refuse("not_supported")

    # -- on the wire

    def _reply(self, delivery: Delivery, resource: Data, status: int = 200) -> Reply:
        headers = {"ETag": _etag(resource)}
        if status == 201:
            headers["Location"] = f"{self._base}/{resource['resourceType']}/{resource['id']}"
        return Reply(delivery, resource, status, headers)

    async def _answered(self, request: web.Request, work: Any) -> web.StreamResponse:
        if not self._guard.admits(request):
            work.close()
            return self._plain(_outcome(refuse("not_authorised"), text_only=False), 401)
        try:
            reply: Reply = await work
        except Refusal as refusal:
            reply = Reply(Delivery(refusal=refusal))
        except (KeyError, ValueError, TypeError, IndexError, StopIteration) as problem:
            reply = Reply(Delivery(refusal=refuse("refused", f"资源内容有误：{problem!r}")))
        delivery = reply.delivery
        if delivery.hang:
            await asyncio.sleep(3600)
        if delivery.cut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if delivery.refusal is not None:
            status, _ = _STATUSES.get(delivery.refusal.reason, _RULE)
            return self._plain(
                _outcome(delivery.refusal, text_only=delivery.text_only), 422 if delivery.text_only else status
            )
        return self._rendered(reply)

    def _rendered(self, reply: Reply) -> web.Response:
        delivery = reply.delivery
        if delivery.garbage:
            return web.Response(body=b"<html><body>\xb4\xed\xce\xf3 500 </bod", content_type="text/html")
        if delivery.empty:
            return web.Response(status=reply.status, headers={"Date": self._date()})
        return self._plain(reply.resource or {}, reply.status, reply.headers, lies=delivery.charset_lies)

    def _plain(
        self, resource: Data, status: int = 200, headers: Mapping[str, str] | None = None, *, lies: bool = False
    ) -> web.Response:
        text = json.dumps(resource, ensure_ascii=False)
        given = {**(headers or {}), "Content-Type": f"{JSON}; charset=utf-8", "Date": self._date()}
        return web.Response(body=text.encode("gb18030" if lies else "utf-8"), status=status, headers=given)

    def _date(self) -> str:
        return format_datetime(self._hospital.clock.now())


def _outcome(refusal: Refusal, *, text_only: bool) -> Data:
    """Why not: with a code of the interface, FHIR's own, and words; or with words alone (F4)."""
    _, kind = _STATUSES.get(refusal.reason, _RULE)
    details: Data = {"text": refusal.text}
    if not text_only:
        details["coding"] = [{"system": REFUSAL, "code": refusal.reason.replace("_", "-")}]
    issue = {"severity": "error", "code": "processing" if text_only else kind, "details": details}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _etag(resource: Mapping[str, Any]) -> str:
    return f'W/"{resource.get("meta", {}).get("versionId", "1")}"'


def _page(token: str, offset: int, count: int) -> str:
    return urlencode({"_getpages": token, "_getpagesoffset": offset, "_count": count})
