"""A registration order outlives the processes that made it: what district staff read later is what was shown."""

from __future__ import annotations

from multiprocessing.context import ForkServerContext

import pytest
from django.db import connections

from hub import redis
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, NotFound
from hub.ids import uuid7
from hub.outbox.relay import drain
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from regional_services.booking import tracing
from regional_services.booking.tracing import Trace
from tests.crash import order_process
from tests.crash.conftest import server
from tests.flow.conftest import District
from tests.flow.test_by_api import Phone
from tests.portal.desks import desk_of, text_of

__all__ = ["server"]


def _staff(role: Role, institution: str | None = None) -> Actor:
    return Actor(
        kind=ActorKind.STAFF, id=uuid7(), name="运营", institution=institution, permissions=permissions_of([role])
    )


@pytest.mark.requirement("JA-APPT-20")
def test_an_order_and_its_changes_read_by_another_life_of_the_hub(
    district: District, server: ForkServerContext
) -> None:
    phone = Phone(district)
    shown: list[tuple[str, str]] = []

    def look(booking: dict[str, object]) -> dict[str, object]:
        shown.append((str(booking["state"]), str(booking["settlement"])))
        return booking

    _, _, unpaid = phone.book()
    look(unpaid)
    paid = look(phone.pay(unpaid))
    assert phone.cancel(paid)[0] in {200, 202}
    drain()
    district.deliver()
    drain()
    look(phone.booking(unpaid["id"]))
    last = phone.get(f"orders/{unpaid['order_id']}")
    for key in redis.client().scan_iter(redis.key("*")):
        redis.client().delete(key)  # what is only remembered is gone
    connections.close_all()
    told = _read_elsewhere(server, unpaid["number"])
    assert told.order is not None
    assert (str(told.order.id), told.order.amount_fen, told.order.state) == (
        unpaid["order_id"],
        unpaid["fee_fen"],
        last["state"],
    )
    assert (told.booking.state, told.booking.settlement) == ("cancelled", "refunded")
    went = [(str(step.state), str(step.settlement)) for step in told.steps]
    places = [went.index(state) for state in shown]
    assert places == sorted(places), (shown, went)
    assert [refund.amount_fen for refund in told.refunds] == [refund["amount_fen"] for refund in last["refunds"]]
    page = desk_of(Role.OPERATIONS)
    for number in (unpaid["number"], unpaid["order_id"], told.attempts[0].out_trade_no):
        text = text_of(page.get("/district/orders", {"number": number}))
        assert unpaid["number"] in text
        assert "退款到账" in text
    assert "没有找到该预约" in text_of(page.get("/district/orders", {"number": "B0"}))
    with pytest.raises(Forbidden):
        tracing.trace(actor=_staff(Role.HOSPITAL_MANAGER, "beta"), number=unpaid["number"])
    with pytest.raises(NotFound):
        tracing.trace(actor=_staff(Role.REVIEWER), number=str(uuid7()))


def _read_elsewhere(server: ForkServerContext, number: str) -> Trace:
    mine, other = server.Pipe(duplex=False)
    process = server.Process(target=order_process.read, args=(_staff(Role.OPERATIONS), number, other))
    process.start()
    assert mine.poll(60)
    told = mine.recv()
    process.join(10)
    assert isinstance(told, Trace)
    return told
