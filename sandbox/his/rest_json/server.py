"""The HTTP side of the JSON dialect: tokens, trace numbers, the `{code, message, data}` envelope, and its faults."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.app import HttpSite, Site
from sandbox.his.hospital import Delivery, Hospital
from sandbox.his.refusals import refuse
from sandbox.his.rest_json.operations import ROUTES, Route
from sandbox.his.rest_json.wording import CODES, Wording


def sites(hospital: Hospital) -> list[Site]:
    """The one port of a hospital."""
    return [HttpSite(f"his-{hospital.code}", _Server(hospital).application, hospital.host, hospital.port)]


def access_token(secret: bytes, hospital: str) -> str:
    """The token the hub shows, agreed on beforehand."""
    return hmac.new(secret, f"access_token:{hospital}".encode(), hashlib.sha256).hexdigest()


class _Server:
    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        self._words = Wording(yuan=hospital.options.get("money_unit", "fen") == "yuan")
        self._success = str(hospital.options.get("success_code", "0"))
        self._charset = str(hospital.options.get("charset", "utf-8"))
        self._token = access_token(hospital.secret, hospital.code)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=1 << 20)
        application.add_routes([web.post("/his/{path:.+}", self.serve)])
        return application

    async def serve(self, request: web.Request) -> web.StreamResponse:
        trace = request.headers.get("traceid", "")
        route = ROUTES.get(request.match_info["path"])
        if not trace or not hmac.compare_digest(request.headers.get("access_token", ""), self._token):
            delivery = Delivery(refusal=refuse("not_authorised"))
        elif route is None:
            delivery = Delivery(refusal=refuse("not_supported"))
        else:
            delivery = await self._handle(request, route)
        if delivery.hang:
            await asyncio.sleep(3600)
        if delivery.cut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        return self._response(delivery, route, trace)

    async def _handle(self, request: web.Request, route: Route) -> Delivery:
        try:
            body = json.loads((await request.read()).decode(self._charset))
            arguments = route.take(self._words, body)
        except (KeyError, ValueError, ArithmeticError) as problem:
            return Delivery(refusal=refuse("refused", f"参数错误：{problem}"))
        delivery = await self._hospital.handle(route.operation, arguments)
        if delivery.refusal is None and "hub_no" in body:
            limit = int(float(self._hospital.board.switches["truncate_numbers"].value or 28))
            # the number is echoed as this hospital stored it (F16)
            return replace(delivery, data={**delivery.data, "_hub_no": str(body["hub_no"])[:limit]})
        return delivery

    def _response(self, delivery: Delivery, route: Route | None, trace: str) -> web.Response:
        headers = {"traceid": trace}
        if delivery.garbage:
            return web.Response(
                body=b"<html><body>\xb4\xed\xce\xf3 500 </bod", headers=headers, content_type="text/html"
            )
        text = json.dumps(self._envelope(delivery, route), ensure_ascii=False)
        charset = "gb18030" if delivery.charset_lies else self._charset
        return web.Response(
            body=text.encode(charset),
            headers={**headers, "Content-Type": f"application/json; charset={self._charset}"},
        )

    def _envelope(self, delivery: Delivery, route: Route | None) -> dict[str, Any]:
        if delivery.refusal is not None or route is None:
            refusal = delivery.refusal or refuse("not_supported")
            code = CODES["refused"] if delivery.text_only else CODES.get(refusal.reason, CODES["refused"])
            return {"code": code, "message": refusal.text, "data": None}
        if delivery.empty:
            return {"code": self._success, "message": "成功", "data": {}}
        data = route.bring(self._words, delivery.data)
        if "_hub_no" in delivery.data:
            data["hub_no"] = delivery.data["_hub_no"]
        return {"code": self._success, "message": "成功", "data": data}
