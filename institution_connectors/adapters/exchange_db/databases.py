"""The four databases: how each is reached, told how long it may take, and how it words its refusals.

Only PostgreSQL's driver is among the hub's own packages besides MariaDB's; those of Oracle (`oracledb`) and SQL Server
(`pymssql`) are installed where such a hospital is connected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from institution_connectors.adapters.exchange_db.errors import Unreadable
from institution_connectors.contracts import Reason

STATEMENT_SECONDS = 15
LOCK_SECONDS = 3
ZONE = "Asia/Shanghai"
_CODE = re.compile(r"\d{1,6}|[A-Z]{3}-\d{4,5}")
_NOT_LET_IN = re.compile(r"authentication failed|no pg_hba\.conf entry|permission denied|认证失败|权限不够")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One kind of database.

    `session` are statements for a new connection. `codes` are error codes and what they mean: the account or its
    privileges (NOT_AUTHORISED), a value the column can't hold (NOT_CARRIED), a statement or lock that took too long
    (TIME_OUT), a table or column that is not there (UNREADABLE).
    """

    name: str
    driver: str
    port: int
    session: tuple[str, ...] = ()
    codes: Mapping[str, Reason] = field(default_factory=dict)

    def connect_args(self, *, connect: float, read: float) -> dict[str, Any]:
        """What the driver is told: seconds until a connection stands, and until it gives a silent one up."""
        match self.name:
            case "postgresql":
                options = {
                    "statement_timeout": STATEMENT_SECONDS * 1000,
                    "lock_timeout": LOCK_SECONDS * 1000,
                    "idle_in_transaction_session_timeout": STATEMENT_SECONDS * 1000,
                    "timezone": ZONE,
                }
                return {
                    "connect_timeout": max(round(connect), 2),
                    "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
                    "prepare_threshold": None,
                    "tcp_user_timeout": round(read * 1000),
                }
            case "mariadb":
                return {
                    "connect_timeout": max(round(connect), 1),
                    "read_timeout": round(read),
                    "write_timeout": round(read),
                    "charset": "utf8mb4",
                }
            case "oracle":
                return {"tcp_connect_timeout": connect}
            case _:
                return {"login_timeout": max(round(connect), 1), "timeout": round(read), "charset": "UTF-8"}

    def reason(self, problem: sa.exc.DBAPIError) -> Reason | None:
        """What an error of the database means; None if it says nothing in particular."""
        found = _code(problem.orig)
        if not found and _NOT_LET_IN.search(str(problem.orig)):  # psycopg has no code for what happens at the door
            return Reason.NOT_AUTHORISED
        for length in (len(found), 2):  # PostgreSQL's classes are the first two characters
            if known := self.codes.get(found[:length]):
                return known
        return None


POSTGRESQL = Database(
    name="postgresql",
    driver="postgresql+psycopg",
    port=5432,
    codes={
        "28000": Reason.NOT_AUTHORISED,
        "28P01": Reason.NOT_AUTHORISED,
        "42501": Reason.NOT_AUTHORISED,
        "3D000": Reason.NOT_AUTHORISED,
        "57014": Reason.TIME_OUT,
        "55P03": Reason.TIME_OUT,
        "42P01": Reason.UNREADABLE,
        "42703": Reason.UNREADABLE,
        "3F000": Reason.UNREADABLE,
        "22": Reason.NOT_CARRIED,
    },
)
MARIADB = Database(
    name="mariadb",
    driver="mysql+pymysql",
    port=3306,
    session=(
        f"SET time_zone = '+08:00', sql_mode = 'STRICT_ALL_TABLES', innodb_lock_wait_timeout = {LOCK_SECONDS}",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    ),
    codes={
        **dict.fromkeys(("1044", "1045", "1142", "1143", "1227"), Reason.NOT_AUTHORISED),
        **dict.fromkeys(("1264", "1265", "1292", "1366", "1406", "3988"), Reason.NOT_CARRIED),
        **dict.fromkeys(("1205", "1969", "3024"), Reason.TIME_OUT),
        **dict.fromkeys(("1049", "1054", "1146"), Reason.UNREADABLE),
    },
)
ORACLE = Database(
    name="oracle",
    driver="oracle+oracledb",
    port=1521,
    session=("ALTER SESSION SET TIME_ZONE = '+08:00'",),
    codes={
        **dict.fromkeys(("ORA-01017", "ORA-01031", "ORA-28000", "ORA-28001", "ORA-01045"), Reason.NOT_AUTHORISED),
        **dict.fromkeys(("ORA-12899", "ORA-01438", "ORA-01401"), Reason.NOT_CARRIED),
        **dict.fromkeys(("ORA-00942", "ORA-00904"), Reason.UNREADABLE),
        **dict.fromkeys(("ORA-00054", "ORA-30006", "DPY-4024"), Reason.TIME_OUT),
    },
)
SQLSERVER = Database(
    name="sqlserver",
    driver="mssql+pymssql",
    port=1433,
    session=(f"SET LOCK_TIMEOUT {LOCK_SECONDS * 1000}",),
    codes={
        **dict.fromkeys(("18456", "229", "230", "916", "4060"), Reason.NOT_AUTHORISED),
        **dict.fromkeys(("2628", "8152", "8115"), Reason.NOT_CARRIED),
        **dict.fromkeys(("207", "208"), Reason.UNREADABLE),
        "1222": Reason.TIME_OUT,
    },
)
DATABASES: Mapping[str, Database] = {one.name: one for one in (POSTGRESQL, MARIADB, ORACLE, SQLSERVER)}


def address(endpoint: str, password: str) -> tuple[Database, sa.URL, str]:
    """`oracle://account@10.1.2.3:1521/EXCH?schema=HIS` taken apart: database, address, schema ("" is the account's).

    The password stands in the key ring alone.
    """
    try:
        given = sa.make_url(endpoint)
        database = DATABASES[given.drivername]
    except (KeyError, sa.exc.ArgumentError) as problem:
        raise Unreadable(f"the address is not one of {', '.join(DATABASES)}://account@host:port/name") from problem
    schema = given.query.get("schema", "")
    url = given.set(drivername=database.driver, password=password, port=given.port or database.port, query={})
    if database is ORACLE:  # a service name, not a SID
        url = url.set(database=None).update_query_dict({"service_name": given.database or ""})
    return database, url, str(schema)


def _code(problem: BaseException | None) -> str:
    """The database's own code of an error: a number or a name in front, else the SQL state."""
    arguments = getattr(problem, "args", ())
    first = str(getattr(arguments[0], "full_code", arguments[0])) if arguments else ""
    return first if _CODE.fullmatch(first) else str(getattr(problem, "sqlstate", None) or "")
