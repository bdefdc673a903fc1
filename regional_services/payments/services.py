"""Writes of payments that own their transaction."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor
from hub.work import Command
from regional_services.payments.selectors import AttemptView


def start_attempt(
    order_id: UUID, *, actor: Actor, openid: str, command: Command, channel: str = "wechat"
) -> AttemptView:
    """Begin to collect an order; the channel is asked after the commit, so the answer is read by asking again."""
    raise NotImplementedError
