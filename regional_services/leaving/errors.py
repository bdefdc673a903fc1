"""Refusals when an institution leaves."""

from __future__ import annotations

from hub.errors import Conflict, Forbidden, NotFound


class NotLeaving(NotFound):
    """This institution is not leaving."""

    code = "leaving.unknown"
    text = "该机构没有在办理退出。"


class NotYet(Conflict):
    """The stage this act belongs to has not come, or is over."""

    code = "leaving.not_yet"
    text = "现在不能办理这一步，请按页面上的进度进行。"


class OnHold(Conflict):
    """A legal hold stands: nothing is destroyed."""

    code = "leaving.on_hold"
    text = "该机构处于法定保留，不能销毁密钥。请先由安全管理员解除保留。"


class SecondPersonNeeded(Forbidden):
    """Who asked may not confirm."""

    code = "leaving.second_person"
    text = "销毁须由另一人确认：申请人不能自己确认。"
