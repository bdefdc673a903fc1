"""A resident with a phone, and the SMS gateway."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from hub.accounts import steps as accounts
from hub.accounts.models import HandleKind
from hub.actor import system_actor
from hub.security.keyring import ring
from hub.tenancy.scope import REGION
from hub.work import work
from tests.harness.parties import SECRET, Parties

PHONE = "+8619900000042"


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
    ring().put_secret("sms.hmac", SECRET.encode())
    return sandbox


@pytest.fixture
def resident(alpha: str) -> UUID:
    """An account that signs in by phone."""
    return resident_with(PHONE)


def resident_with(phone: str | None) -> UUID:
    """An account, with or without a phone."""
    with work(REGION, actor=system_actor("test")) as unit:
        user = accounts.create_resident(unit, display_name="测试居民")
        if phone is not None:
            accounts.add_handle(user, HandleKind.PHONE, phone)
        unit.audit("test.account_made", target=f"account:{user.id}")
    return user.id
