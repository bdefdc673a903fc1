"""Deliveries that call the platform."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from hub.staff_platform import services
from hub.staff_platform.services import CodeReceived, UsersChanged


@handles(CodeReceived, runs_in=RunsIn.OUTSIDE)
def trade_code(event: CodeReceived, delivery: Delivery) -> None:  # noqa: ARG001 - the relay's signature
    """Whose code is it?"""
    services.trade(event.ask_id)


@handles(UsersChanged, runs_in=RunsIn.OUTSIDE, awaited=False)
def read_users(event: UsersChanged, delivery: Delivery) -> None:  # noqa: ARG001 - the relay's signature
    """Who is there, who is disabled?"""
    services.synchronise()
