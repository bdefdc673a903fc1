"""The hospital's exchange database: made by the published script, written by the job; blocking, in a thread of its own.

PostgreSQL and MariaDB, whose drivers write parameters alike.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pymysql.cursors
from psycopg import sql

Data = dict[str, Any]
SCRIPTS = Path(__file__).resolve().parents[3] / "docs" / "interfaces" / "exchange_db"
_COMMENT = re.compile(r"--.*$", re.MULTILINE)
_ACCOUNT = re.compile(r"\bhub_reader\b")
_NOW = {"postgresql": "localtimestamp(0)", "mariadb": "now()"}
_OVERDUE = {
    "postgresql": "asked_at + valid_seconds * interval '1 second' < localtimestamp",
    "mariadb": "asked_at + INTERVAL valid_seconds SECOND < now()",
}
_CLOCK = {
    "postgresql": "CREATE OR REPLACE VIEW v_hub_clock AS SELECT"
    " (localtimestamp(0) + interval '{0} second')::timestamp(0) AS now_time,"
    " (job_time + interval '{0} second')::timestamp(0) AS job_time FROM t_hub_clock",
    "mariadb": "CREATE OR REPLACE VIEW v_hub_clock AS SELECT now() + INTERVAL {0} SECOND AS now_time,"
    " job_time + INTERVAL {0} SECOND AS job_time FROM t_hub_clock",
}
Duplicate = (psycopg.errors.UniqueViolation, pymysql.err.IntegrityError)
Trouble = (psycopg.Error, pymysql.err.Error)


@dataclass(frozen=True, slots=True)
class Change:
    """Rows that take the place of those which match `where` (all of the table, if it is empty)."""

    table: str
    where: Mapping[str, object]
    rows: Sequence[Data] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What changed in the books: rows, and the counts of batches (entity, scope) that were written anew."""

    changes: list[Change] = field(default_factory=list)
    batches: dict[tuple[str, str], int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.changes or self.batches)


class Database:
    """One hospital's schema. `disguise`: the set whose bytes the database takes for Latin-1, as old systems do."""

    def __init__(self, url: str, *, schema: str, account: str, password: str, disguise: str = "") -> None:
        address = urlsplit(url)
        self.kind, self.host, self.port = address.scheme, str(address.hostname), int(address.port or 0)
        self._user, self._password = unquote(address.username or ""), unquote(address.password or "")
        self._database = address.path.lstrip("/")
        self._schema, self._account, self._secret, self._disguise = schema, account, password, disguise
        self._connection: Any = None

    # -- set-up

    def open(self) -> None:
        """Connect; make the schema by the published script unless it stands as that script makes it."""
        script = (SCRIPTS / f"{self.kind}.sql").read_text(encoding="utf-8")
        digest = hashlib.sha256(script.encode()).hexdigest()
        with self._administrator() as connection:
            self._let_in(connection.cursor())
            connection.commit()
        self._connection = self._connect()
        if self._made_by() == digest:
            return
        with self.work() as cursor:
            self._empty(cursor)
            for statement in _statements(script, self._grantee):
                cursor.execute(statement)
            cursor.execute("CREATE TABLE sandbox_script (digest VARCHAR(64))")
            cursor.execute("INSERT INTO sandbox_script VALUES (%s)", (digest,))

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def is_open(self) -> bool:
        """Whether the job is connected."""
        return self._connection is not None

    @contextmanager
    def work(self) -> Iterator[Any]:
        """A transaction."""
        cursor = self._connection.cursor()
        try:
            yield cursor
        except BaseException:
            self._connection.rollback()
            raise
        else:
            self._connection.commit()
        finally:
            cursor.close()

    @property
    def _grantee(self) -> str:
        return f'"{self._account}"' if self.kind == "postgresql" else f"'{self._account}'@'%'"

    @contextmanager
    def _administrator(self) -> Iterator[Any]:
        connection: Any
        if self.kind == "postgresql":
            connection = psycopg.connect(**self._where, dbname=self._database)
        else:
            connection = pymysql.connect(**self._where)
        try:
            yield connection
        finally:
            connection.close()

    @property
    def _where(self) -> Data:
        return {"host": self.host, "port": self.port, "user": self._user, "password": self._password}

    def _connect(self) -> Any:
        if self.kind == "postgresql":
            options = f"-c timezone=Asia/Shanghai -c search_path={self._schema} -c synchronous_commit=off"
            return psycopg.connect(**self._where, dbname=self._database, options=options)
        return pymysql.connect(
            **self._where,
            database=self._schema,
            charset="utf8mb4",
            init_command="SET time_zone = '+08:00'",
            cursorclass=pymysql.cursors.Cursor,
        )

    def _let_in(self, cursor: Any) -> None:
        """The schema, and the hub's account with nothing but a way in."""
        if self.kind == "mariadb":
            wanted = "latin1" if self._disguise else "utf8mb4"
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {self._schema} CHARACTER SET {wanted}")
            whom = self._grantee.replace("%", "%%")
            cursor.execute(f"CREATE USER IF NOT EXISTS {whom} IDENTIFIED BY %s", (self._secret,))
            cursor.execute(f"ALTER USER {whom} IDENTIFIED BY %s", (self._secret,))
            return
        schema, account = sql.Identifier(self._schema), sql.Identifier(self._account)
        cursor.execute(sql.SQL("SELECT pg_advisory_xact_lock(47110035)"))
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (self._account,))
        verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
        cursor.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, account, sql.Literal(self._secret)))
        database = sql.Identifier(self._database)
        cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, account))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, account))

    def _made_by(self) -> str:
        try:
            with self.work() as cursor:
                cursor.execute("SELECT digest FROM sandbox_script")
                return str(cursor.fetchone()[0])
        except Trouble:
            return ""

    def _empty(self, cursor: Any) -> None:
        if self.kind == "postgresql":
            cursor.execute(f"DROP SCHEMA {self._schema} CASCADE")
            cursor.execute(f"CREATE SCHEMA {self._schema}")
            cursor.execute(f'GRANT USAGE ON SCHEMA {self._schema} TO "{self._account}"')
            return
        cursor.execute("SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database()")
        for name, kind in cursor.fetchall():
            cursor.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} `{name}`")

    # -- the job's part

    def retake(self) -> None:
        """What an earlier run had taken and not answered is taken again: the books know what was done of it."""
        with self.work() as cursor:
            cursor.execute("UPDATE hub_request SET flag = '0' WHERE flag = '1'")

    def take(self, limit: int = 20) -> tuple[list[Data], list[Data]]:
        """New requests, now ours, and those that came too late to be worked on; the heartbeat goes on."""
        with self.work() as cursor:
            cursor.execute(
                f"SELECT r.*, {_OVERDUE[self.kind]} AS overdue FROM hub_request r WHERE flag = '0'"
                f" ORDER BY asked_at LIMIT {limit}"
            )
            found = self._rows(cursor)
            mine = []
            for row in found:
                cursor.execute(
                    f"UPDATE hub_request SET flag = '1', taken_at = {_NOW[self.kind]}"
                    " WHERE request_no = %s AND attempt_no = %s AND flag = '0'",
                    (row["request_no"], row["attempt_no"]),
                )
                if cursor.rowcount == 1:  # else the hub has taken it back meanwhile
                    mine.append(row)
        return [row for row in mine if not row["overdue"]], [row for row in mine if row["overdue"]]

    def beat(self) -> None:
        """Say that the job runs."""
        with self.work() as cursor:
            cursor.execute(f"UPDATE t_hub_clock SET job_time = {_NOW[self.kind]}")

    def tell(self, news: News, answers: Iterable[tuple[Data, str]] = (), more: Sequence[Change] = ()) -> None:
        """Views in step with the books first, then answers (a row, the flag of its request), in one transaction."""
        with self.work() as cursor:
            for change in (*news.changes, *more):
                self._change(cursor, change)
            for (entity, scope), total in news.batches.items():
                self._batch(cursor, entity, scope, total)
            for answer, flag in answers:
                self._insert(cursor, "hub_answer", [answer])
                cursor.execute(
                    "UPDATE hub_request SET flag = %s WHERE request_no = %s AND attempt_no = %s",
                    (flag, answer["request_no"], answer["attempt_no"]),
                )

    def answer_again(self, answer: Data) -> bool:
        """What a job does that runs twice; the table's key refuses it."""
        try:
            with self.work() as cursor:
                self._insert(cursor, "hub_answer", [answer])
        except Duplicate:
            return False
        return True

    def never(self, number: str) -> None:
        """A number that was said to be absent is not worked on any more."""
        with self.work() as cursor:
            cursor.execute("UPDATE hub_request SET flag = '3' WHERE request_no = %s AND flag IN ('0', '1')", (number,))

    def skew(self, seconds: int) -> None:
        """A clock that is wrong."""
        with self.work() as cursor:
            cursor.execute(_CLOCK[self.kind].format(seconds))

    def _change(self, cursor: Any, change: Change) -> None:
        wanted = " AND ".join(f"{name} = %s" for name in change.where) or "1 = 1"
        cursor.execute(f"DELETE FROM {change.table} WHERE {wanted}", tuple(change.where.values()))
        self._insert(cursor, change.table, change.rows)

    def _insert(self, cursor: Any, table: str, rows: Sequence[Data]) -> None:
        if not rows:
            return
        names = list(rows[0])
        places = ", ".join(["%s"] * len(names))
        write: Callable[[object], object] = self._written
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})",
            [tuple(write(row[name]) for name in names) for row in rows],
        )

    def _batch(self, cursor: Any, entity: str, scope: str, total: int) -> None:
        cursor.execute("SELECT batch_no FROM hub_batch WHERE entity = %s AND scope = %s", (entity, scope))
        before = cursor.fetchone()
        if before is None:
            cursor.execute("INSERT INTO hub_batch VALUES (%s, %s, 1, %s, '1')", (entity, scope, total))
            return
        cursor.execute(
            "UPDATE hub_batch SET batch_no = batch_no + 1, row_total = %s WHERE entity = %s AND scope = %s",
            (total, entity, scope),
        )

    def _rows(self, cursor: Any) -> list[Data]:
        names = [column[0] for column in cursor.description]
        return [{name: self._readable(value) for name, value in zip(names, row, strict=True)} for row in cursor]

    def _written(self, value: object) -> object:
        if self._disguise and isinstance(value, str) and not value.isascii():
            return "".join(map(self._letter, value.encode(self._disguise)))
        return value

    def _readable(self, value: object) -> object:
        if self._disguise and isinstance(value, str) and not value.isascii():
            letters = [self._letter(byte) for byte in range(256)]
            return bytes(map(letters.index, value)).decode(self._disguise)
        return value

    def _letter(self, byte: int) -> str:
        """What the database takes a byte for: MariaDB's latin1 is Windows' with five bytes more."""
        try:
            return bytes((byte,)).decode("cp1252" if self.kind == "mariadb" else "latin-1")
        except UnicodeDecodeError:
            return chr(byte)


def _statements(script: str, grantee: str) -> Iterator[str]:
    for statement in _COMMENT.sub("", script).split(";"):
        if statement.strip():
            yield _ACCOUNT.sub(lambda _: grantee, statement.strip())
