"""Outside parties and people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from hub.accounts.outside import SMS_SECRET, WECHAT_SECRET
from hub.security.keyring import ring
from tests.accounts.parties import Parties, running
from tests.accounts.people import App, StaffMember, make_staff


@pytest.fixture
def parties(committed: None, settings: Settings) -> Iterator[Parties]:
    """A running SMS gateway and WeChat."""
    with running(ring().ensure_secret(SMS_SECRET), ring().ensure_secret(WECHAT_SECRET).decode()) as server:
        settings.HUB_OUTSIDE = {**settings.HUB_OUTSIDE, "sms": server.address, "wechat_open": server.address}
        yield server


@pytest.fixture
def app(parties: Parties, client: Client) -> App:
    """A resident's app on one device."""
    return App(client, parties, device="device-of-alice-0001")


@pytest.fixture
def other_app(parties: Parties) -> App:
    """Another device."""
    return App(Client(SERVER_NAME="localhost"), parties, device="device-of-mallory-02")


@pytest.fixture
def staff(committed: None) -> Callable[..., StaffMember]:
    """Makes staff accounts."""
    return make_staff
