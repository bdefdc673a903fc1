"""The control page in plain HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from sandbox.control.board import Action, Board, Switch

_TITLE = "外部世界控制台"
_LABELS = {
    "schedule_code": "场次编号",
    "from_sequence": "自第几号起",
    "reason": "原因",
    "number_code": "号源编号",
    "his_number": "挂号流水号",
    "kind": "进展代码",
    "place": "地点或窗口",
    "carrier": "快递公司",
    "tracking_number": "运单号",
    "patient_id": "档案号",
    "kept_id": "保留档案号",
    "merged_id": "并入档案号",
    "seconds": "秒数",
    "hub_number": "平台请求编号",
}
_STYLE = """
body{font:15px/1.6 system-ui,"Noto Sans CJK SC",sans-serif;margin:0;background:#f4f6f8;color:#1c2733}
header{background:#12405c;color:#fff;padding:14px 28px}header a{color:#fff;text-decoration:none}
main{max-width:1080px;margin:20px auto;padding:0 20px}h2{font-size:17px;margin:26px 0 8px}
table{width:100%;border-collapse:collapse;background:#fff;border-radius:8px;overflow:hidden}
td,th{padding:8px 12px;border-bottom:1px solid #e4e9ee;text-align:left;vertical-align:middle}
th{background:#eaf0f4;font-weight:600}
form{display:flex;gap:6px;align-items:center;margin:0}
input{padding:4px 8px;border:1px solid #b9c5cf;border-radius:5px;width:8em}
button{padding:4px 14px;border:0;border-radius:5px;background:#1b6e9c;color:#fff;cursor:pointer}
.on{background:#fff4e0}.on b{color:#a85b00}.hint{color:#6a7883;font-size:13px}
pre{background:#fff;padding:14px;border-radius:8px;overflow:auto;font-size:13px}
"""


def index_page(boards: Sequence[Board]) -> str:
    """All parties, with what is switched on."""
    parts = []
    for group, members in groupby(boards, key=lambda board: board.group):
        rows = "".join(_index_row(board) for board in members)
        parts.append(f"<h2>{escape(group)}</h2><table><tr><th>对方系统<th>已打开的开关</tr>{rows}</table>")
    return _page(_TITLE, "".join(parts))


def board_page(board: Board, outcome: Mapping[str, Any] | None = None) -> str:
    """One party: switches, actions and facts."""
    switches = "".join(_switch_row(board, switch) for switch in board.switches.values())
    actions = "".join(_action_row(board, action) for action in board.actions.values())
    result = f"<h2>执行结果</h2><pre>{_json(outcome)}</pre>" if outcome is not None else ""
    return _page(
        board.title,
        f"{result}<h2>故障开关</h2><table>{switches}</table><h2>动作</h2><table>{actions}</table>"
        f"<h2>现状</h2><pre>{_json(board.facts())}</pre>",
    )


def _index_row(board: Board) -> str:
    active = "、".join(switch.title for switch in board.switches.values() if switch.value is not None)
    mark = ' class="on"' if active else ""
    link = f'<a href="/parties/{escape(board.key)}">{escape(board.title)}</a>'
    return f"<tr{mark}><td>{link}<td>{escape(active) or '—'}</tr>"


def _switch_row(board: Board, switch: Switch) -> str:
    active = switch.value is not None
    field = "" if switch.kind == "flag" else '<input name="value" required aria-label="取值">'
    hidden = '<input type="hidden" name="value" value="1">' if switch.kind == "flag" else ""
    address = f"/parties/{escape(board.key)}/switches/{escape(switch.name)}"
    form = (
        f'<form method="post" action="{address}"><button>关闭</button></form>'
        if active
        else f'<form method="post" action="{address}">{field}{hidden}'
        '<input name="times" inputmode="numeric" placeholder="次数（不限）" aria-label="次数">'
        "<button>打开</button></form>"
    )
    shown = f"<b>{escape(str(switch.value))}</b>" if active and switch.kind != "flag" else ""
    return (
        f"<tr{' class=on' if active else ''}><td>{escape(switch.title)} {shown}"
        f'<div class="hint">{escape(switch.name)} {escape(switch.hint)}</div><td>{form}</tr>'
    )


def _action_row(board: Board, action: Action) -> str:
    fields = "".join(
        f'<input name="{escape(name)}" placeholder="{_label(name)}" aria-label="{_label(name)}" title="{escape(name)}">'
        for name in action.parameters
    )
    address = f"/parties/{escape(board.key)}/actions/{escape(action.name)}"
    return (
        f'<tr><td>{escape(action.title)}<div class="hint">{escape(action.name)}</div>'
        f'<td><form method="post" action="{address}">{fields}<button>执行</button></form></tr>'
    )


def _label(name: str) -> str:
    return escape(_LABELS.get(name, name))


def _json(value: Mapping[str, Any] | None) -> str:
    return escape(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _page(title: str, body: str) -> str:
    where = "" if title == _TITLE else f" · {escape(title)}"
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f'<header><a href="/">{_TITLE}</a>{where}</header><main>{body}</main></html>'
    )
