"""The v3 API: signatures checked as the real one does, answers signed, faults on demand."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.control import Board
from sandbox.outside.wechat_pay import keys
from sandbox.outside.wechat_pay.book import Book, Refused
from sandbox.outside.wechat_pay.notices import Notifier
from sandbox.outside.wechat_pay.views import refund_view, trade_view

Handler = Callable[[web.Request, sqlite3.Row, dict[str, Any]], Awaitable[dict[str, Any] | None]]
_PREPAY_FIELDS = ("appid", "mchid", "description", "out_trade_no", "notify_url", "amount", "time_expire")


class Api:
    """The calls a merchant makes."""

    def __init__(self, book: Book, platform: keys.PlatformKey, board: Board, notifier: Notifier) -> None:
        self._book, self._platform, self._board, self._notifier = book, platform, board, notifier

    def routes(self) -> list[web.RouteDef]:
        """All routes of the API and of the merchant platform."""
        trades, refunds = "/v3/pay/transactions", "/v3/refund/domestic/refunds"
        return [
            web.post(f"{trades}/jsapi", self._signed("prepay", self._prepay)),
            web.post(f"{trades}/h5", self._signed("prepay", self._h5)),
            web.get(trades + "/out-trade-no/{number}", self._signed("query", self._query)),
            web.post(trades + "/out-trade-no/{number}/close", self._signed("close", self._close)),
            web.post(refunds, self._signed("refund", self._refund)),
            web.get(refunds + "/{number}", self._signed("query_refund", self._query_refund)),
            web.post("/merchant-platform/merchants", self._register),
        ]

    def _signed(self, operation: str, work: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            self._book.count(operation)
            if self._board.take("down", operation) is not None:
                return self._answer(503, {"code": "SERVICE_UNAVAILABLE", "message": "服务不可用"})
            await asyncio.sleep(self._board.number("slow", operation))
            if self._board.take("system_error", operation) is not None:
                return self._answer(500, {"code": "SYSTEM_ERROR", "message": "系统错误"})
            status, payload = await self._worked(request, work)
            await asyncio.sleep(self._board.number("late_answer", operation))
            if self._board.take("system_error_after", operation) is not None:
                return self._answer(500, {"code": "SYSTEM_ERROR", "message": "系统错误"})
            if self._board.take("drop_answer", operation) is not None and request.transport is not None:
                request.transport.abort()
            forged = self._board.take("forged_answer", operation) is not None
            return self._answer(status, payload, forged=forged)

        return handle

    async def _worked(self, request: web.Request, work: Handler) -> tuple[int, dict[str, Any] | None]:
        body = await request.text()
        try:
            merchant = self._merchant(request, body)
            payload = await work(request, merchant, json.loads(body) if body else {})
        except Refused as problem:
            return problem.status, {"code": problem.code, "message": problem.message}
        except (KeyError, TypeError, ValueError) as problem:
            return 400, {"code": "PARAM_ERROR", "message": f"参数错误：{problem}"}
        return (204, None) if payload is None else (200, payload)

    def _merchant(self, request: web.Request, body: str) -> sqlite3.Row:
        parts = keys.read_authorization(request.headers.get("Authorization", ""))
        merchant = self._book.merchant(parts["mchid"], parts["serial_no"]) if parts else None
        if merchant is None:
            raise Refused(401, "SIGN_ERROR", "商户号或证书序列号不存在")
        if abs(time.time() - int(parts["timestamp"])) > keys.FRESH_SECONDS:
            raise Refused(401, "SIGN_ERROR", "请求时间戳超出范围")
        signed = keys.lines(request.method, request.raw_path, parts["timestamp"], parts["nonce_str"], body)
        if not keys.is_signed_by(merchant["public_key"], signed, parts["signature"]):
            raise Refused(401, "SIGN_ERROR", "签名错误")
        return merchant

    def _answer(self, status: int, payload: dict[str, Any] | None, *, forged: bool = False) -> web.Response:
        body = "" if payload is None else json.dumps(payload, ensure_ascii=False)
        headers = self._platform.headers(body, forged=forged)
        if payload is None:
            return web.Response(status=status, headers=headers)
        return web.Response(status=status, text=body, content_type="application/json", headers=headers)

    async def _prepay(self, _request: web.Request, merchant: sqlite3.Row, data: dict[str, Any]) -> dict[str, Any]:
        if not data["payer"]["openid"].startswith("o"):
            raise Refused(400, "PARAM_ERROR", "无效的openid")
        return {"prepay_id": self._ordered(merchant, data)}

    async def _h5(self, request: web.Request, merchant: sqlite3.Row, data: dict[str, Any]) -> dict[str, Any]:
        if not data["scene_info"]["payer_client_ip"] or not data["scene_info"]["h5_info"]["type"]:
            raise Refused(400, "PARAM_ERROR", "缺少场景信息")
        return {"h5_url": f"http://{request.host}/cashier?prepay_id={self._ordered(merchant, data)}"}

    def _ordered(self, merchant: sqlite3.Row, data: dict[str, Any]) -> str:
        missing = [name for name in _PREPAY_FIELDS if not data.get(name)]
        if missing:
            raise Refused(400, "PARAM_ERROR", f"缺少参数 {missing[0]}")
        if len(data["out_trade_no"]) > 32 or int(data["amount"]["total"]) < 1:
            raise Refused(400, "PARAM_ERROR", "参数超出范围")
        if data["mchid"] != merchant["mchid"] or data["appid"] != merchant["appid"]:
            raise Refused(400, "APPID_MCHID_NOT_MATCH", "appid 和 mchid 不匹配")
        return self._book.prepay(merchant, data)

    async def _query(self, request: web.Request, merchant: sqlite3.Row, _data: dict[str, Any]) -> dict[str, Any]:
        if request.query.get("mchid") != merchant["mchid"]:
            raise Refused(400, "PARAM_ERROR", "mchid 不匹配")
        trade = self._book.trade(merchant["mchid"], request.match_info["number"])
        if trade is None:
            raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
        return trade_view(trade)

    async def _close(self, request: web.Request, merchant: sqlite3.Row, data: dict[str, Any]) -> None:
        if data["mchid"] != merchant["mchid"]:
            raise Refused(400, "PARAM_ERROR", "mchid 不匹配")
        self._book.close(merchant["mchid"], request.match_info["number"])

    async def _refund(self, _request: web.Request, merchant: sqlite3.Row, data: dict[str, Any]) -> dict[str, Any]:
        if self._board.take("not_enough") is not None:
            raise Refused(403, "NOT_ENOUGH", "基本账户余额不足")
        final = str(self._board.take("refund_ends") or "SUCCESS")
        delay = self._board.take("refund_seconds")
        refund = self._book.refund(merchant, data, final=final, after=1.0 if delay is None else float(delay))
        self._notifier.wake()
        return self._refund_view(merchant, refund)

    async def _query_refund(self, request: web.Request, merchant: sqlite3.Row, _data: dict[str, Any]) -> dict[str, Any]:
        refund = self._book.refund_of(merchant["mchid"], request.match_info["number"])
        if refund is None:
            raise Refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return self._refund_view(merchant, refund)

    def _refund_view(self, merchant: sqlite3.Row, refund: sqlite3.Row) -> dict[str, Any]:
        trade = self._book.trade(merchant["mchid"], refund["out_trade_no"])
        return refund_view(refund, trade["transaction_id"] if trade is not None else "")

    async def _register(self, request: web.Request) -> web.Response:
        """The merchant platform: hand in a public key and an APIv3 key, get WeChat Pay's public key."""
        data = await request.json()
        fields = ("mchid", "serial_no", "appid", "public_key", "api_v3_key")
        if any(not isinstance(data.get(name), str) for name in fields) or len(data["api_v3_key"]) != 32:
            raise web.HTTPBadRequest(text="mchid, serial_no, appid, public_key and a 32-byte api_v3_key are needed")
        self._book.register_merchant({name: data[name] for name in fields})
        return web.json_response({"public_key_id": self._platform.id, "public_key": self._platform.public_pem})
