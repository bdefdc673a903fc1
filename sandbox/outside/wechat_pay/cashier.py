"""What the payer sees in the WeChat app: the amount, and two buttons. Scripted payers use the JSON twin."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.control import Board
from sandbox.outside.page import page
from sandbox.outside.wechat_pay.book import Book, Refused
from sandbox.outside.wechat_pay.notices import Notifier
from sandbox.outside.wechat_pay.views import trade_view


class Cashier:
    """The payer's side."""

    def __init__(self, book: Book, board: Board, notifier: Notifier) -> None:
        self._book, self._board, self._notifier = book, board, notifier

    def routes(self) -> list[web.RouteDef]:
        """The page, its form, and the JSON twin."""
        return [
            web.get("/cashier", self._page),
            web.post("/cashier", self._form),
            web.post("/cashier/pay", self._script),
            web.get("/cashier/trades/{number}/refunds", self._refunds),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        prepay_id, back = request.query.get("prepay_id", ""), _back(request.query.get("redirect_url", ""))
        trade = self._book.trade_of_prepay(prepay_id)
        if trade is None:
            return _html("<h1>订单不存在或已失效</h1>", status=404)
        if trade["state"] != "NOTPAY":
            text = "已支付" if trade["state"] == "SUCCESS" else "订单已关闭"
            return _html(f"<h1>{text}</h1><p><a href='{escape(back)}'>返回</a></p>")
        yuan = f"{trade['total'] // 100}.{trade['total'] % 100:02d}"
        return _html(
            f"<h1>{escape(trade['description'])}</h1><div class=sum>¥{yuan}</div>"
            f"<dl><dt>收款方<dd>商户 {escape(trade['mchid'])}<dt>商户单号<dd>{escape(trade['out_trade_no'])}</dl>"
            f"<form method=post><input type=hidden name=prepay_id value='{escape(prepay_id)}'>"
            f"<input type=hidden name=redirect_url value='{escape(back)}'>"
            "<button class=pay name=act value=pay>支付</button>"
            "<button class=no name=act value=cancel>取消</button></form>"
            "<p><small>演示收银台，不产生真实扣款</small></p>"
        )

    async def _form(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("act") == "pay":
            try:
                self._pay(str(form.get("prepay_id", "")))
            except Refused as problem:
                return _html(f"<h1>{escape(problem.message)}</h1>", status=problem.status)
        raise web.HTTPSeeOther(
            _back(str(form.get("redirect_url", ""))) or f"/cashier?prepay_id={form.get('prepay_id', '')}"
        )

    async def _script(self, request: web.Request) -> web.Response:
        data = await request.json()
        try:
            self._pay(str(data["prepay_id"]))
        except Refused as problem:
            return web.json_response({"code": problem.code, "message": problem.message}, status=problem.status)
        return web.json_response({"trade_state": "SUCCESS"})

    async def _refunds(self, request: web.Request) -> web.Response:
        return web.json_response({"refunds": self._book.refunds_of_trade(request.match_info["number"])})

    def _pay(self, prepay_id: str) -> None:
        known = self._book.trade_of_prepay(prepay_id)
        if known is not None and known["state"] == "SUCCESS":
            return
        trade = self._book.pay(prepay_id, even_closed=self._board.take("pay_after_close") is not None)
        if self._board.take("no_notice", "transaction") is not None:
            return
        wrong = self._board.take("wrong_amount")
        total = None if wrong is None else trade["total"] + int(float(wrong))
        self._book.owe_notice(trade, "TRANSACTION.SUCCESS", "transaction", trade_view(trade, total=total))
        self._notifier.wake()


def _back(address: str) -> str:
    return address if urlsplit(address).scheme in {"http", "https"} else ""


def _html(body: str, *, status: int = 200) -> web.Response:
    return page("微信支付（演示）", f"<div class=centre>{body}</div>", status=status)
