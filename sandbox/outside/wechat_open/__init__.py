"""WeChat's open platform: web authorisation, and an official account's template messages with their results."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.app import BackgroundSite, Config, HttpSite, Site
from sandbox.control import Board, Control, Switch
from sandbox.outside.wechat_open.account import Accounts
from sandbox.outside.wechat_open.results import Results
from sandbox.outside.wechat_open.signing_in import SigningIn


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """Both on one port, and the sender of results."""
    section = config.section("wechat_open")
    apps = {str(app["appid"]): app for app in section.get("apps", [])}
    secrets = {appid: str(app["secret"]) for appid, app in apps.items()}
    domains = {urlsplit(config.hub_url).hostname or "", *map(str, section.get("domains", ["localhost"]))}
    board = Board(key="wechat-open", title="微信开放平台", group="支付与公共服务")
    signing_in = SigningIn(secrets, domains, board)
    accounts = Accounts(secrets, state / "wechat_open.sqlite3", board)
    results = Results(accounts, apps, str(section.get("events_url", f"{config.hub_url}/api/provider/v1/wechat/events")))
    board.facts = lambda: {**signing_in.facts(), **accounts.facts()}
    board.add_switches(
        Switch("down", "停机"),
        Switch("busy", "系统繁忙（-1）"),
        Switch("slow", "处理前等待（秒）", "number", "可限定 send token"),
        Switch("token_dead", "令牌失效（40001）"),
        Switch(
            "errcode", "模板消息按此错误码拒绝", "number", "43004 未关注，43101 拒收，45009 额度用完，45011 频率超限"
        ),
        Switch("drop_answer", "已发出却断开连接"),
        Switch("user_block", "结果报告用户拒收"),
        Switch("system_failed", "结果报告系统失败"),
        Switch("no_result", "不推送结果"),
        Switch("duplicate_result", "结果推送两遍"),
    )
    control.add(board)

    def application() -> web.Application:
        built = web.Application()
        built.add_routes([*signing_in.routes(), *accounts.routes()])
        return built

    return [
        HttpSite("wechat_open", application, config.host, int(section.get("port", 8102))),
        BackgroundSite("wechat results", results.run),
    ]
