"""PostgreSQL, Valkey and S3 from packages: they survive what happens to them and let nobody else in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from hub.embedded import places, postgres
from hub.embedded.places import CHECKOUT, Places
from hub.embedded.postgres import Postgres
from hub.embedded.services import DATABASE_VARIABLES, Services
from hub.embedded.trouble import StartupError
from hub.embedded.valkey import Valkey


def _part(services: Services, name: str) -> Postgres | Valkey:
    found = next(part for part in services.parts if part.name == name)
    assert isinstance(found, Postgres | Valkey)
    return found


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def _remove_outlying(base: Path) -> None:
    for path in Places(base).outlying():
        shutil.rmtree(path)


def test_committed_rows_survive_kill_9_and_the_launcher_starts_again(own_services: Services) -> None:
    server = _part(own_services, "postgres")
    assert isinstance(server, Postgres)
    server.start()
    with psycopg.connect(server.url("owner")) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
    holding_on = psycopg.connect(server.url("owner"))  # its backend keeps the shared memory busy for a while
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    assert server.ended()

    server.start()

    holding_on.close()
    with psycopg.connect(server.url("owner")) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row == (1000,)


def test_valkey_keeps_what_was_written_over_kill_9(own_services: Services) -> None:
    server = _part(own_services, "valkey")
    assert isinstance(server, Valkey)
    server.start()
    client = redis.Redis.from_url(server.url)
    client.set("kept", "yes")
    time.sleep(1.3)  # appendfsync everysec
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()

    server.start()

    assert redis.Redis.from_url(server.url).get("kept") == b"yes"


def test_logins_have_passwords_and_no_power_over_isolation(own_services: Services) -> None:
    server = _part(own_services, "postgres")
    assert isinstance(server, Postgres)
    server.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://hub_region:guess@127.0.0.1:{server.port}/hub")
    with psycopg.connect(server.url("region")) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolreplication FROM pg_roles"
            " WHERE rolname ~ '^hub_' AND rolcanlogin"
        ).fetchall()
    assert {row[0] for row in rows} == {"hub_owner", "hub_region", "hub_hospital", "hub_backup", "hub_outside"}
    assert not any(row[1] or row[2] for row in rows)
    assert not any(row[3] for row in rows if row[0] in ("hub_hospital", "hub_backup"))
    assert {row[0] for row in rows if row[4]} == {"hub_backup"}, "only the one that copies the cluster may copy it"
    for login, database in (("outside", "hub"), ("region", "outside"), ("owner", "outside"), ("hospital", "outside")):
        there = urlsplit(server.url(login))._replace(path=f"/{database}").geturl()
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(there)  # the outside world and the hub share a server and nothing else


def test_the_backups_login_copies_the_cluster_and_reads_nothing(own_services: Services) -> None:
    """It is a member of nobody, owns nothing and was granted nothing: a base backup is all it is good for."""
    server = _part(own_services, "postgres")
    assert isinstance(server, Postgres)
    server.start()
    with psycopg.connect(server.url("owner")) as owner:
        owner.execute("CREATE TABLE kept (n int)")
    with psycopg.connect(server.url("backup"), autocommit=True) as backup:
        for refused in ("SELECT * FROM kept", "CREATE TABLE public.mine (n int)", "SET ROLE hub_owner"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                backup.execute(refused)
        row = backup.execute(
            "SELECT count(*) FROM pg_auth_members JOIN pg_roles ON member = pg_roles.oid WHERE rolname = 'hub_backup'"
        ).fetchone()
    assert row == (0,)


def test_servers_die_with_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\n"
        "from hub.embedded.places import Places\n"
        "from hub.embedded.services import Services\n"
        "services = Services(Places(pathlib.Path(sys.argv[1])), durable=True, given={})\n"
        "services.start()\n"
        "print(*(part.process.pid for part in services.parts), flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "var")], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    children = [int(word) for word in parent.stdout.readline().split()]
    assert len(children) == 3
    assert all(_alive(pid) for pid in children)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    end = time.monotonic() + 20
    while any(_alive(pid) for pid in children) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(_alive(pid) for pid in children)
    _remove_outlying(tmp_path / "var")


def test_secrets_are_made_once_and_are_for_their_owner_only(tmp_path: Path) -> None:
    where = Places(tmp_path / "var")
    first = Services(where, durable=False, given={}).env
    second = Services(where, durable=False, given={}).env
    other = Services(Places(tmp_path / "other"), durable=False, given={}).env
    assert first["HUB_SECRET_KEY"] == second["HUB_SECRET_KEY"] != other["HUB_SECRET_KEY"]
    assert stat.S_IMODE(where.secrets.stat().st_mode) == 0o700
    for path in where.secrets.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_configured_server_wins(tmp_path: Path) -> None:
    given = {
        **{name: f"postgresql://somebody:x@db.example:5432/{login}" for login, name in DATABASE_VARIABLES.items()},
        "HUB_REDIS_URL": "redis://cache.example:6379/0",
        "HUB_S3_ENDPOINT": "s3.example:443",
    }
    outside = {"HUB_OUTSIDE_DATABASE_URL": "postgresql://somebody:x@db.example:5432/outside"}
    services = Services(Places(tmp_path / "var"), durable=True, given={**given, **outside})
    assert services.parts == []
    assert not {*given, *outside} & set(services.env)
    sandboxed = Services(Places(tmp_path / "var"), durable=True, given=given)  # the outside world's server is not ours
    assert [part.name for part in sandboxed.parts] == ["postgres"]
    assert not set(given) & set(sandboxed.env)
    assert sandboxed.env["HUB_OUTSIDE_DATABASE_URL"].endswith("/outside")


def test_a_database_configured_in_part_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="HUB_OWNER_DATABASE_URL") as refused:
        Services(Places(tmp_path / "var"), durable=True, given={"HUB_REGION_DATABASE_URL": "postgresql://a:b@c/d"})
    assert "还缺少" in refused.value.chinese


def test_a_private_home_stays_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    nobody = 65534
    assert not places.reachable(home / "checkout" / "var", nobody)
    if os.geteuid() == 0:
        assert Places(home / "checkout" / "var").postgres(18, nobody).is_relative_to(places.SHARED_STATE)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_the_log_of_the_server_keeps_no_statement(own_services: Services, tmp_path: Path) -> None:
    server = _part(own_services, "postgres")
    assert isinstance(server, Postgres)
    server.start()
    canary = "CANARY13812345678"
    with psycopg.connect(server.url("owner"), autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text UNIQUE)")
        connection.execute(f"INSERT INTO person VALUES ('{canary}')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(f"INSERT INTO person VALUES ('{canary}')")
    server.stop()
    log = (tmp_path / "var" / "log" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert canary not in log


def test_client_programs_come_from_the_same_installation() -> None:
    for name in ("psql", "pg_dump", "pgbench"):
        answer = subprocess.run([postgres.client_tool(name), "--version"], capture_output=True, text=True, check=True)
        assert str(postgres.find_install().major) in answer.stdout


def test_test_services_are_shared_and_end_when_told(tmp_path: Path) -> None:
    note = CHECKOUT / "var" / "test" / "keeper.json"
    keeper = json.loads(note.read_text())["pid"]
    command = [sys.executable, "-m", "hub.embedded", "test-env"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    again = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    assert "HUB_REDIS_URL" in again.stdout
    assert json.loads(note.read_text())["pid"] == keeper
