"""The probe API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from hub import redis


@pytest.fixture
def probe(settings: Any) -> Client:
    """A client of the probe views; nothing here needs the database."""
    settings.ROOT_URLCONF = "tests.api.probe"
    redis.client().flushdb()
    return Client(SERVER_NAME="localhost", raise_request_exception=False)
