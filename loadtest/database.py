"""What only the database knows: statements, queues, commit times. As the superuser of the bench's own server."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

REPLAY_LOGIN = "bench_replay"
# What neither a booking nor a page asked for: this driver's own questions.
_OWN = "bench"


class Database:
    """The bench's server."""

    def __init__(self, var: Path) -> None:
        secrets = json.loads((var / "secrets" / "embedded.json").read_text())
        url = urlsplit(os.environ["HUB_REGION_DATABASE_URL"])
        self.port = url.port or 5432
        self.name = url.path.strip("/")
        self.prefix = os.environ.get("HUB_ROLE_PREFIX", "hub")
        self.log = var / "log" / "postgres.log"
        self.superuser_password = secrets["superuser"]
        self.connection = psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=self.superuser_password,
            dbname=self.name,
            autocommit=True,
            application_name=_OWN,
        )
        self.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public")

    @property
    def data_directory(self) -> Path:
        """Where the cluster lies."""
        return Path(str(self.value("SHOW data_directory")))

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query.encode(), parameters).fetchall()

    def value(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """The one value of a query."""
        return self.rows(query, parameters)[0][0]

    def change(self, query: str, parameters: Sequence[Any]) -> None:
        """Change rows."""
        self.connection.execute(query.encode(), parameters)

    def run(self, query: str) -> None:
        """Run statements without parameters."""
        self.connection.execute(query.encode())

    def schema_of(self, hospital: str) -> str:
        """The schema of a hospital."""
        return str(self.value("SELECT schema_name FROM tenancy_tenant WHERE code = %s", [hospital]))

    def schemas(self) -> list[str]:
        """The schemas of all hospitals."""
        return [name for (name,) in self.rows("SELECT schema_name FROM tenancy_tenant ORDER BY code")]

    def reset_counts(self) -> None:
        """Begin to count statements anew."""
        self.run("SELECT pg_stat_statements_reset()")

    def statements(self) -> int:
        """Statements of the product's logins since then, BEGIN and COMMIT included."""
        return int(
            self.value(
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid"
                " JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()"
                " WHERE r.rolname NOT IN ('postgres', %s)",
                [REPLAY_LOGIN],
            )
        )

    def costliest(self, limit: int = 12) -> list[tuple[float, int, str]]:
        """Total milliseconds, calls and text of the statements that took longest."""
        return [
            (ms, calls, text)
            for ms, calls, text in self.rows(
                "SELECT total_exec_time, calls, query FROM pg_stat_statements ORDER BY 1 DESC LIMIT %s", [limit]
            )
        ]

    def waiting(self) -> int:
        """Deliveries not finished yet, over all worlds."""
        parts = [f"SELECT count(*) FROM {schema}.hospital_outbox WHERE state = 'pending'" for schema in self.schemas()]
        parts.append("SELECT count(*) FROM public.region_outbox WHERE state = 'pending'")
        return int(self.value(f"SELECT sum(c) FROM ({' UNION ALL '.join(parts)}) AS q (c)"))

    def drained(self, patience: float, calm: float = 0.0) -> float:
        """Seconds until no delivery is pending (TimeoutError after `patience`), `calm` seconds in a row."""
        started = time.monotonic()
        quiet_since: float | None = None
        while time.monotonic() - started < patience:
            now = time.monotonic()
            if self.waiting():
                quiet_since = None
            else:
                quiet_since = quiet_since or now
                if now - quiet_since >= calm:
                    return quiet_since - started
            time.sleep(0.1)
        raise TimeoutError(f"{self.waiting()} deliveries still wait after {patience:.0f} s")

    def settle(self) -> None:
        """Statistics and a checkpoint, so that neither falls into a measured span."""
        self.run("VACUUM ANALYZE")
        self.run("CHECKPOINT")

    @contextmanager
    def logging_statements(self) -> Iterator[None]:
        """Write every statement with its process into the server's log."""
        try:
            self.run("ALTER SYSTEM SET log_statement = 'all'")
            self.run("ALTER SYSTEM SET log_line_prefix = '@@%p %d %a@@'")
            self.run("SELECT pg_reload_conf()")
            time.sleep(0.5)
            yield
        finally:
            self.run("ALTER SYSTEM RESET log_statement")
            self.run("ALTER SYSTEM RESET log_line_prefix")
            self.run("SELECT pg_reload_conf()")
            time.sleep(0.3)

    def make_replay_login(self, password: str) -> None:
        """A login that may do what the product's two logins may, for pgbench's single connection per client."""
        login = sql.Identifier(REPLAY_LOGIN)
        self.connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(login, sql.Literal(password)))
        members = [f"{self.prefix}_region"]
        members += [
            name
            for (name,) in self.rows(
                "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
                " JOIN pg_roles h ON h.oid = m.member WHERE h.rolname = %s",
                [f"{self.prefix}_hospital"],
            )
        ]
        for name in members:
            self.connection.execute(
                sql.SQL("GRANT {} TO {} WITH INHERIT TRUE, SET TRUE").format(sql.Identifier(name), login)
            )
        self.connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(self.name), login))
        self.connection.execute(sql.SQL("ALTER ROLE {} SET search_path = public, ext").format(login))
