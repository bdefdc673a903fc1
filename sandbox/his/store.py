"""The books of one hospital's system: an SQLite file of its own, that can be put aside and restored."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_DAY_SECONDS = 86_400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS departments (code TEXT PRIMARY KEY, name TEXT, parent_code TEXT, campus TEXT, place TEXT,
    insurance_code TEXT, introduction TEXT);
CREATE TABLE IF NOT EXISTS doctors (code TEXT PRIMARY KEY, name TEXT, title TEXT, sex TEXT, department_code TEXT,
    insurance_code TEXT, skills TEXT, introduction TEXT, rota INTEGER, class_code TEXT);
CREATE TABLE IF NOT EXISTS schedules (code TEXT PRIMARY KEY, department_code TEXT, doctor_code TEXT, day TEXT,
    period TEXT, starts TEXT, ends TEXT, class_code TEXT, fee_fen INTEGER, state TEXT, campus TEXT, place TEXT,
    stop_reason TEXT DEFAULT '', stop_from INTEGER, stopped_at TEXT);
CREATE INDEX IF NOT EXISTS schedules_day ON schedules (day, department_code);
CREATE TABLE IF NOT EXISTS numbers (code TEXT PRIMARY KEY, schedule_code TEXT, sequence INTEGER, starts TEXT,
    ends TEXT, state TEXT, locked_until TEXT, UNIQUE (schedule_code, sequence));
CREATE INDEX IF NOT EXISTS numbers_locked ON numbers (locked_until) WHERE state = 'locked';
CREATE TABLE IF NOT EXISTS patients (id TEXT PRIMARY KEY, name TEXT, document_type TEXT, document_number TEXT,
    sex TEXT, birth_date TEXT, phone TEXT, address TEXT, merged_into TEXT DEFAULT '');
CREATE INDEX IF NOT EXISTS patients_document ON patients (document_type, document_number);
CREATE TABLE IF NOT EXISTS locks (lock_code TEXT PRIMARY KEY, hub_number TEXT, number_code TEXT, patient_id TEXT,
    expires_at TEXT, state TEXT);
CREATE TABLE IF NOT EXISTS registrations (his_number TEXT PRIMARY KEY, hub_number TEXT, patient_id TEXT,
    schedule_code TEXT, number_code TEXT, sequence INTEGER, starts TEXT, state TEXT, fee_fen INTEGER,
    order_number TEXT, receipt_number TEXT, ticket TEXT, made_at TEXT);
CREATE INDEX IF NOT EXISTS registrations_hub ON registrations (hub_number);
CREATE INDEX IF NOT EXISTS registrations_schedule ON registrations (schedule_code);
CREATE TABLE IF NOT EXISTS visit_events (id INTEGER PRIMARY KEY AUTOINCREMENT, data TEXT, happened_at TEXT);
CREATE INDEX IF NOT EXISTS visit_events_at ON visit_events (happened_at);
CREATE TABLE IF NOT EXISTS calls (his_number TEXT PRIMARY KEY, schedule_code TEXT, state TEXT, called_at TEXT);
CREATE TABLE IF NOT EXISTS heard (id INTEGER PRIMARY KEY AUTOINCREMENT, his_number TEXT, kind TEXT, ticket TEXT,
    place TEXT, heard_at TEXT);
CREATE TABLE IF NOT EXISTS requests (hub_number TEXT PRIMARY KEY, operation TEXT, fingerprint TEXT, answer TEXT,
    done_at TEXT);
CREATE TABLE IF NOT EXISTS ledger (line_number INTEGER PRIMARY KEY, order_number TEXT, amount_fen INTEGER,
    business TEXT, happened_at TEXT, reverses TEXT);
CREATE TABLE IF NOT EXISTS bills (code TEXT PRIMARY KEY, title TEXT, amount_fen INTEGER, patient_id TEXT,
    registration_number TEXT, department_code TEXT, doctor_name TEXT, opened_at TEXT, state TEXT,
    settlement_number TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS bill_items (bill_code TEXT, code TEXT, name TEXT, unit_price_fen INTEGER, quantity TEXT,
    amount_fen INTEGER, unit TEXT, reverses TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, kind TEXT, data TEXT, made_at TEXT,
    delivered INTEGER DEFAULT 0, attempts INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS messages_due ON messages (id) WHERE delivered = 0;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER);
CREATE TABLE IF NOT EXISTS stays (stay_number TEXT PRIMARY KEY, patient_id TEXT, department_name TEXT, ward TEXT,
    bed TEXT, doctor_name TEXT, admitted_at TEXT, discharged_at TEXT, prepaid_fen INTEGER, spent_fen INTEGER);
CREATE TABLE IF NOT EXISTS documents (code TEXT PRIMARY KEY, kind TEXT, patient_id TEXT, title TEXT, approved INTEGER,
    reported_at TEXT, content TEXT);
CREATE TABLE IF NOT EXISTS reports (code TEXT PRIMARY KEY, patient_id TEXT, title TEXT, approved INTEGER,
    reported_at TEXT, lines TEXT);
"""


class Store:
    """One SQLite file; every piece of work is a transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # A sandbox may lose its last second in a power cut; waiting for the disk would slow the hospital down.
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(_SCHEMA)
        self._depth = 0

    @contextmanager
    def work(self) -> Iterator[None]:
        """A transaction; inside another one it joins it."""
        if self._depth:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        else:
            self._connection.execute("COMMIT")
        finally:
            self._depth -= 1

    def run(self, sql: str, *values: object) -> int:
        """Execute; the number of rows touched."""
        return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute once per row."""
        self._connection.executemany(sql, rows)

    def all(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """All rows as dictionaries."""
        return [dict(row) for row in self._connection.execute(sql, values)]

    def one(self, sql: str, *values: object) -> dict[str, Any] | None:
        """The first row, or None."""
        row = self._connection.execute(sql, values).fetchone()
        return dict(row) if row is not None else None

    def number(self, sql: str, *values: object) -> int:
        """The first column of the first row as a number; 0 if there is none."""
        row = self._connection.execute(sql, values).fetchone()
        return int(row[0] or 0) if row is not None else 0

    def next(self, counter: str) -> int:
        """The next value of a counter, from 1."""
        row = self._connection.execute(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (counter,),
        ).fetchone()
        return int(row[0])

    @property
    def backup_path(self) -> Path:
        """Where `backup` puts the books aside."""
        return self.path.with_suffix(".yesterday")

    def backup(self) -> None:
        """Put a copy of the books aside."""
        copy = sqlite3.connect(self.backup_path)
        copy.execute("PRAGMA synchronous=OFF")
        self._connection.backup(copy)
        copy.close()

    def backup_daily(self) -> None:
        """Put a copy aside unless there is one of the last day."""
        if not self.backup_path.exists() or time.time() - self.backup_path.stat().st_mtime > _DAY_SECONDS:
            self.backup()

    def restore(self) -> None:
        """Return to the copy; what was entered since is gone."""
        if not self.backup_path.exists():
            raise ValueError("no copy of the books was put aside yet")
        copy = sqlite3.connect(self.backup_path)
        copy.backup(self._connection)
        copy.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
