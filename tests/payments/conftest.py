"""A hospital that collects by WeChat Pay at the running sandbox, and an order to pay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from hub import clock
from hub.actor import Actor, ActorKind, system_actor
from hub.outbox.relay import drain
from hub.tenancy.scope import REGION, region
from hub.work import Command, work
from regional_services.payments import selectors, services, steps
from regional_services.payments.selectors import AttemptView, OrderView
from tests.booking.world import register_institution
from tests.harness.parties import APPID, Parties, Postbox
from tests.security.conftest import own_ring as own_ring

OPENID = "oTestPayer0000000000000000001"


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """The parties outside, one process for the session."""
    parties = Parties(tmp_path_factory.mktemp("outside"))
    yield parties
    parties.outside.stop()


@pytest.fixture
def outside(sandbox: Parties, settings: Settings) -> Parties:
    """The parties outside, calm, with the hub's settings pointing at them."""
    sandbox.calm()
    settings.HUB_OUTSIDE = dict(sandbox.urls)
    settings.HUB_WECHAT_APPID = APPID
    return sandbox


@pytest.fixture
def postbox(settings: Settings) -> Iterator[Postbox]:
    """The hub's public address, as the channel sees it."""
    with Postbox() as box:
        settings.PUBLIC_ORIGIN = box.origin
        yield box


@pytest.fixture
def merchant(alpha: str, outside: Parties, postbox: Postbox) -> str:
    """A hospital registered at the sandbox's WeChat Pay; the other hospital is too."""
    register_institution(alpha)
    call_command("onboard_demo_merchants")
    return alpha


@pytest.fixture
def payer() -> Actor:
    """A signed-in resident."""
    return Actor(kind=ActorKind.RESIDENT, id=uuid4(), name="张*三")


@pytest.fixture
def new_order(merchant: str, payer: Actor) -> Callable[..., OrderView]:
    """Make an order of the payer's at the hospital."""
    return partial(place_order, merchant, payer.id or uuid4())


@pytest.fixture
def order(new_order: Callable[..., OrderView]) -> OrderView:
    """An order of 25.00."""
    return new_order()


def place_order(
    institution_code: str,
    account_id: UUID,
    amount_fen: int = 2500,
    *,
    minutes: float = 30,
    booking_id: UUID | None = None,
) -> OrderView:
    """An order of an account's at a hospital."""
    with work(REGION, actor=system_actor("test")) as unit:
        return steps.create_order(
            unit,
            booking_id=booking_id or uuid4(),
            institution_code=institution_code,
            patient_id=uuid4(),
            payer_account_id=account_id,
            title="挂号费",
            amount_fen=amount_fen,
            deadline=clock.now() + timedelta(minutes=minutes),
        )


def command() -> Command:
    """A fresh command."""
    return Command(name="payments.attempt", key=uuid4().hex, fingerprint="f" * 64)


def begin(order: OrderView, payer: Actor, openid: str = OPENID) -> AttemptView:
    """Start an attempt and let the relay ask the channel."""
    attempt = services.start_attempt(order.id, actor=payer, openid=openid, command=command())
    drain()
    return attempt_now(attempt.id)


def order_now(order_id: UUID) -> OrderView:
    """The order as stored."""
    with region(read_only=True):
        found = selectors.order(order_id)
    assert found is not None
    return found


def attempt_now(attempt_id: UUID) -> AttemptView:
    """The attempt as stored."""
    with region(read_only=True):
        found = selectors.attempt(attempt_id)
    assert found is not None
    return found


def later(seconds: float) -> None:
    """Let the sweep see the future, and the relay do what it set going."""
    with clock.shifted(timedelta(seconds=seconds)):
        services.sweep()
        drain()
