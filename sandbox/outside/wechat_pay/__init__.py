"""WeChat Pay v3, with a book of its own: what a merchant's server and a payer meet."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from sandbox.app import BackgroundSite, Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.wechat_pay.api import Api
from sandbox.outside.wechat_pay.book import DELAYS, Book
from sandbox.outside.wechat_pay.cashier import Cashier
from sandbox.outside.wechat_pay.keys import PlatformKey
from sandbox.outside.wechat_pay.notices import Notifier

_CALLS = "可限定 prepay query close refund query_refund"


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The API with the cashier page on one port, and the sender of notices."""
    section = config.section("wechat_pay")
    directory = state / "wechat_pay"
    directory.mkdir(parents=True, exist_ok=True)
    book = Book(directory / "book.sqlite3", tuple(section.get("notice_delays", DELAYS)))
    platform = PlatformKey(directory)
    board = control.add(_board(book))
    notifier = Notifier(book, platform, board)

    def application() -> web.Application:
        built = web.Application()
        built.add_routes(Api(book, platform, board, notifier).routes())
        built.add_routes(Cashier(book, board, notifier).routes())
        return built

    return [
        HttpSite("wechat_pay", application, config.host, int(section.get("port", 8101))),
        BackgroundSite("wechat_pay notices", notifier.run),
    ]


def _board(book: Book) -> Board:
    board = Board(key="wechat-pay", title="微信支付", group="支付与公共服务", facts=book.facts)
    board.add_switches(
        Switch("slow", "处理前等待（秒）", "number", _CALLS),
        Switch("late_answer", "处理后迟答（秒）", "number", _CALLS),
        Switch("system_error", "未处理即报系统错误", hint=_CALLS),
        Switch("system_error_after", "处理完成却报系统错误", hint=_CALLS),
        Switch("drop_answer", "处理完成后断开连接", hint=_CALLS),
        Switch("forged_answer", "应答签名错误", hint=_CALLS),
        Switch("down", "停机", hint=_CALLS),
        Switch("no_notice", "不发通知", hint="可限定 transaction refund"),
        Switch("duplicate_notice", "通知发两遍"),
        Switch("forged_notice", "通知签名错误"),
        Switch("wrong_amount", "通知金额多报（分）", "number"),
        Switch("pay_after_close", "关单后仍可支付"),
        Switch("not_enough", "退款余额不足"),
        Switch("refund_seconds", "退款处理时长（秒）", "number", "0 为同步成功，默认 1"),
        Switch("refund_ends", "退款结局", "text", "SUCCESS CLOSED ABNORMAL"),
    )
    return board
