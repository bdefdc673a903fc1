"""An auditor's findings as a sheet that says on every line who took it, when, and under which number."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.audit import auditors
from hub.audit.selectors import Search
from hub.ids import domain_number, uuid7
from portal.components.sheets import Sheet

MOST = 10_000


def journal_sheet(actor: Actor, scope: str, wanted: Search) -> HttpResponse:
    """The entries of a search, newest first, ten thousand at most; taking them is an entry of its own."""
    number = domain_number("E", uuid7())
    rows = auditors.export(actor=actor, scope=scope, wanted=wanted, number=number, limit=MOST)
    now = clock.local(clock.now())
    sheet = Sheet(f"audit-{number}.csv")
    heads = gettext("编号,时间,操作人,角色,动作,对象,结果,原因,内容,地址,请求号,导出编号,导出人,导出时间")
    sheet.row(heads.split(","))
    for row in rows:
        said = (row.action, row.target, row.outcome, row.reason, json.dumps(row.detail, ensure_ascii=False))
        mark = (number, actor.name, f"{now:%F %T}")
        at = f"{clock.local(row.at):%F %T}"
        sheet.row([row.id, at, row.actor_name, row.actor_role, *said, row.ip, row.request_id, *mark])
    return sheet.answer
