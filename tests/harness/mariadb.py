"""A MariaDB server for tests, from Debian's `mariadb-server-core`: in a directory of its own, nothing durable.

No registry of Python or Node packages has the server; where the machine has none, tests that need it are skipped and
say `WHY_NOT`. Runs as root too.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pymysql

from hub.embedded import processes
from tests.harness.outside import HOST, free_port

WHY_NOT = "MariaDB is not installed: apt-get install mariadb-server-core"
START_SECONDS = 20
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_SCRIPTS = Path("/usr/share/mysql")
_TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
_OPTIONS = (
    "--no-defaults",
    f"--user={pwd.getpwuid(os.geteuid()).pw_name}",
    "--innodb-log-file-size=8M",
    "--innodb-buffer-pool-size=32M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--performance-schema=off",
)


def program() -> str:
    """The server program, empty if there is none."""
    found = shutil.which("mariadbd", path=_PLACES) or ""
    return found if all((_SCRIPTS / name).exists() for name in _TABLES) else ""


@cache
def url() -> str:
    """`mariadb://administrator:password@host:port/`; started at the first call, ended with the process."""
    directory = Path(tempfile.mkdtemp(prefix="hub-test-mariadb-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    data, log, port = directory / "data", directory / "server.log", free_port()
    data.mkdir()
    first = "create database mysql;\nuse mysql;\nSET @auth_root_socket=NULL;\nSET @current_hostname=NULL;\n"
    script = first + "".join((_SCRIPTS / name).read_text(encoding="utf-8") for name in _TABLES)
    command = [program(), *_OPTIONS, "--bootstrap", f"--datadir={data}"]
    done = subprocess.run(command, input=script.encode(), capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"MariaDB could not be set up:\n{done.stderr.decode()[-2000:]}")
    socket = directory / "socket"
    command = [
        *(program(), *_OPTIONS, f"--datadir={data}", f"--socket={socket}"),
        *(f"--bind-address={HOST}", f"--port={port}", "--max-connections=300"),
    ]
    server = processes.spawn(command, log=log)
    atexit.register(processes.stop, server)
    password = _administrator(socket, log)
    return f"mariadb://hub_admin:{quote(password)}@{HOST}:{port}/"


def _administrator(socket: Path, log: Path) -> str:
    """An account that may make schemas and accounts; its password."""
    end, password = time.monotonic() + START_SECONDS, os.urandom(12).hex()
    while time.monotonic() < end:
        try:
            connection = pymysql.connect(unix_socket=str(socket), user="root")
        except pymysql.err.OperationalError:
            time.sleep(0.05)
            continue
        with connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost')")
            cursor.execute("FLUSH PRIVILEGES")
            cursor.execute(f"CREATE USER hub_admin@'{HOST}' IDENTIFIED BY '{password}'")
            cursor.execute(f"GRANT ALL ON *.* TO hub_admin@'{HOST}' WITH GRANT OPTION")
        return password
    raise RuntimeError(f"MariaDB did not start:\n{log.read_text()[-2000:]}")
