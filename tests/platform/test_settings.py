"""What the environment says of databases and Redis, and who needs to know which of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.test import RequestFactory

from hub import sentinel
from hub.celery import app
from hub.embedded.services import DUMMY
from hub.settings import env
from hub.settings.env import SettingError
from tests.harness.environment import BASE_HOST

ROOT = Path(__file__).resolve().parents[2]


def _manage(*command: str, **further: str) -> subprocess.CompletedProcess[str]:
    """A command in the environment of a serving process: it knows no owner."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    known = {name: value for name, value in DUMMY.items() if name != "HUB_OWNER_DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**clean, **known, **further},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_serving_process_needs_no_owner() -> None:
    done = _manage("check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [("migrate_hub",), ("create_hospital", "renmin"), ("verify_grants",)])
def test_a_command_of_the_owner_names_what_is_missing(command: tuple[str, ...]) -> None:
    done = _manage(*command)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: HUB_OWNER_DATABASE_URL is not set")


def test_an_address_may_ask_for_encryption_and_name_several_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    url = (
        "postgresql://hub_region:a%40b@one:5432,two:5433,three/hub?sslmode=verify-full&target_session_attrs=read-write"
    )
    monkeypatch.setenv("SOME_URL", url)
    entry = env.database("SOME_URL", pool=None, options="-c search_path=public")
    assert (entry["HOST"], entry["PORT"]) == ("one,two,three", "5432,5433,5432")
    assert (entry["USER"], entry["PASSWORD"], entry["NAME"]) == ("hub_region", "a@b", "hub")
    assert entry["OPTIONS"]["sslmode"] == "verify-full"
    assert entry["OPTIONS"]["target_session_attrs"] == "read-write"


def test_an_address_with_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_URL", "postgresql://u:p@[fd00::1]:6432/hub")
    entry = env.database("SOME_URL", pool=None, options="")
    assert (entry["HOST"], entry["PORT"]) == ("fd00::1", "6432")


def test_a_misspelt_parameter_is_refused_and_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_URL", "postgresql://u:p@db/hub?ssl_mode=verify-full")
    with pytest.raises(SettingError, match="ssl_mode"):
        env.database("SOME_URL", pool=None, options="")


def test_sentinels_stand_in_one_address() -> None:
    where = sentinel.parse("redis+sentinel://app:p%2Fw@one,two:26380/hub/3?sentinel_password=guard")
    assert where is not None
    assert where.addresses == (("one", 26379), ("two", 26380))
    assert (where.service, where.database, where.password) == ("hub", 3, "p/w")
    assert where.broker_url == "sentinel://app:p%2Fw@one:26379/3;sentinel://app:p%2Fw@two:26380/3"
    assert where.broker_options["master_name"] == "hub"
    assert where.to_sentinels["password"] == "guard"
    assert sentinel.parse("redis://localhost:6379/0") is None


@pytest.mark.parametrize("url", ["redis+sentinel://one:26379", "redis+sentinel:///hub/0", "redis+sentinel://one/hub/x"])
def test_half_an_address_of_sentinels_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="redis\\+sentinel://"):
        sentinel.parse(url)


def test_every_task_on_the_schedule_goes_to_a_queue_workers_serve() -> None:
    router = app.amqp.Router()
    chosen = {
        entry["task"]: router.route({}, entry["task"])["queue"].name for entry in settings.CELERY_BEAT_SCHEDULE.values()
    }
    assert set(chosen.values()) <= set(settings.CELERY_TASK_QUEUES)
    assert chosen["booking.sweep"] == chosen["payments.sweep"] == "sweeps"
    assert chosen["institution_connectors.exchange.tasks.poll_all"] == "exchange"
    assert chosen["accounts.tidy"] == "jobs"
    assert router.route({}, "registry.carry_on")["queue"].name == "institutions"


def test_every_process_sends_tasks_where_workers_take_them() -> None:
    """A relay that never loads our Celery application would send to Celery's own default broker."""
    said = (
        "from threading import Thread; from tenants.registry.tasks import carry_on\n"
        "thread = Thread(target=lambda: print(carry_on.app.conf.broker_url)); thread.start(); thread.join()"
    )
    done = _manage("shell", "-v0", "-c", said, HUB_REDIS_URL="redis://127.0.0.1:1/7")
    assert done.stdout.strip() == "redis://127.0.0.1:1/7", done.stderr


def test_behind_a_proxy_that_ends_tls_forms_are_not_taken_for_forged_ones() -> None:
    said = "from django.conf import settings; print(settings.SECURE_PROXY_SSL_HEADER)"
    assert "HTTP_X_FORWARDED_PROTO" in _manage("shell", "-v0", "-c", said, HUB_TRUSTED_PROXIES="1").stdout
    assert _manage("shell", "-v0", "-c", said).stdout.strip() == "None"


@pytest.mark.parametrize(("header", "refused"), [(("HTTP_X_FORWARDED_PROTO", "https"), False), (None, True)])
def test_a_form_sent_by_https_is_accepted(
    monkeypatch: pytest.MonkeyPatch, header: tuple[str, str] | None, refused: bool
) -> None:
    monkeypatch.setattr(settings, "SECURE_PROXY_SSL_HEADER", header)
    request = RequestFactory().post(
        "/", headers={"Host": BASE_HOST, "X-Forwarded-Proto": "https", "Origin": f"https://{BASE_HOST}"}
    )
    token = get_token(request)
    request.COOKIES[settings.CSRF_COOKIE_NAME] = request.META["CSRF_COOKIE"]
    request.META["HTTP_X_CSRFTOKEN"] = token
    guard = CsrfViewMiddleware(lambda _: HttpResponse())
    guard.process_request(request)
    answer = guard.process_view(request, lambda _: HttpResponse(), (), {})
    assert (answer is not None) is refused
