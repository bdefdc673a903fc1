"""What an operator may be refused."""

from __future__ import annotations

from hub.errors import Conflict


class NotDead(Conflict):
    """Only a dead letter can be replayed or dropped."""

    code = "outbox.not_dead"
    text = "该消息不在停止状态，可能已被处理。"
