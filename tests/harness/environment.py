"""The environment of a test process, settled before Django reads it.

Every process of a run (xdist workers too) has a database and a Redis database of its own; two runs in one checkout
don't meet. `HUB_*` variables that are set already win, so a configured server can be tested instead.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import django
from django.conf import settings

from hub.embedded import testing

ROOT = Path(__file__).resolve().parents[2]
DATABASE_VARIABLES = ("HUB_OWNER_DATABASE_URL", "HUB_REGION_DATABASE_URL", "HUB_HOSPITAL_DATABASE_URL")
REDIS_DATABASES = range(1, 16)
POOL = 24
BASE_HOST = "localhost"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
_held: list[IO[str]] = []


def prepare() -> None:
    """Start the services if need be, set the variables, load Django."""
    if settings.configured:
        raise RuntimeError("the settings were read before the tests' environment stood: unset DJANGO_SETTINGS_MODULE")
    run = os.environ.setdefault("HUB_TEST_RUN", str(os.getpid()))
    os.environ.update(testing.services())
    os.environ.setdefault("HUB_TEST_MAINTENANCE_URL", os.environ["HUB_OWNER_DATABASE_URL"])
    for variable in DATABASE_VARIABLES:
        os.environ[variable] = _with_path(os.environ[variable], f"hub_test_{run}_{WORKER}")
    # Exchange databases of hospitals under test: `tests.harness.exchange` makes the database where one is wanted.
    os.environ["HUB_OUTSIDE_DATABASE_URL"] = _with_path(
        os.environ["HUB_TEST_MAINTENANCE_URL"], f"hub_test_{run}_{WORKER}_his"
    )
    os.environ["HUB_OUTSIDE_ACCOUNTS"] = f"hub_at_{WORKER}_"
    os.environ["HUB_REDIS_URL"] = _with_path(os.environ["HUB_REDIS_URL"], str(_free_redis_database()))
    # Room for a race test's threads: each keeps a connection of both pools until it ends.
    os.environ.setdefault("HUB_DB_POOL", str(POOL))
    os.environ.setdefault("HUB_PEAK_HOURS", "00:00-00:00")  # tests run at any hour
    os.environ["HUB_BASE_HOST"] = BASE_HOST
    os.environ["HUB_VAR"] = str(ROOT / "var" / "test")
    # A ring of its own: two workers make merchants' keys under the same names at the same time.
    os.environ["HUB_KEYRING"] = str(ROOT / "var" / "test" / "keys" / f"{WORKER}.json")
    os.environ["HUB_FAULTS_DIR"] = str(ROOT / "var" / "test" / "faults" / f"{run}-{WORKER}")
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    django.setup()
    quick: Any = settings
    # Each test client would look through all static files before its first request: 4 ms, some ten thousand times.
    quick.WHITENOISE_AUTOREFRESH = True
    quick.PASSWORD_HASHERS = ["tests.harness.hashing.QuickArgon2"]
    # Workers inherit the environment; with this variable pytest-django would read the settings before their turn.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def _with_path(url: str, path: str) -> str:
    return urlsplit(url)._replace(path=f"/{path}").geturl()


def _free_redis_database() -> int:
    """A Redis database no other test process uses, locked for the life of this process."""
    directory = ROOT / "var" / "test"
    directory.mkdir(parents=True, exist_ok=True)
    for number in REDIS_DATABASES:
        handle = (directory / f"redis-{number}.lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            continue
        _held.append(handle)
        return number
    raise RuntimeError("all test databases of Redis are in use by other test runs")
