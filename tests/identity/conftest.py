"""Residents with an app, and the city."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from hub.security.keyring import ring
from tests.identity.city import City, running
from tests.identity.residents import Resident, sign_up


@pytest.fixture
def city(committed: None, settings: Settings) -> Iterator[City]:
    """A running identity service."""
    with running(ring().ensure_secret("outside.city_identity")) as server:
        settings.HUB_OUTSIDE = {**settings.HUB_OUTSIDE, "city_identity": server.address}
        yield server


@pytest.fixture
def resident(city: City) -> Callable[[], Resident]:
    """Makes residents: `resident()`."""
    return lambda: sign_up(Client(SERVER_NAME="localhost"), city)
