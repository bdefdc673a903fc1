"""Fixtures of all tests. The environment is settled here, before Django reads its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.harness import environment

environment.prepare()

from django.test import Client  # noqa: E402
from pytest_django.plugin import DjangoDbBlocker  # noqa: E402

from tests.harness import databases  # noqa: E402

# Files that take long go out first, so that no worker is left with one when the others have nothing to do.
LONG_FILES = ("tests/portal/", "tests/security/", "tests/crash/", "tests/recovery/", "tests/leaving/", "tests/races/")


SLOW_SECONDS = 1800  # a walk over every instant of a booking takes minutes; the five of pyproject.toml are for others


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which files are handed to workers: those with browsers and crashes, then the many quick ones."""
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))
    items.sort(key=lambda item: not (item.nodeid.startswith(LONG_FILES) or "browser" in item.keywords))


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Tests marked `django_db` would run in an outer transaction: not here."""
    pytest.fail("don't mark tests with django_db; take the fixture `committed` (or `alpha`, `beta`)")


@pytest.fixture(scope="session")
def template_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The template of this code, with the hospitals alpha and beta."""
    with django_db_blocker.unblock():
        yield databases.template()
        databases.drop_copy()


@pytest.fixture
def committed(template_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A fresh database (and an empty Redis) for this test, which commits for real."""
    with django_db_blocker.unblock():
        databases.renew(template_database)
        yield


@pytest.fixture
def alpha(committed: None) -> str:
    """The code of a live hospital in a fresh database."""
    return databases.ALPHA


@pytest.fixture
def beta(committed: None) -> str:
    """The code of another live hospital in the same database."""
    return databases.BETA


@pytest.fixture
def client() -> Client:
    """Requests to the hub's own host."""
    return Client(SERVER_NAME=environment.BASE_HOST)


@pytest.fixture
def hospital_client() -> Callable[[str], Client]:
    """Requests to a hospital's own host: `hospital_client("alpha").get(...)`."""

    def on_host_of(code: str) -> Client:
        return Client(SERVER_NAME=f"{code}.{environment.BASE_HOST}")

    return on_host_of
