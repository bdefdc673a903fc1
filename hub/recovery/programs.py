"""PostgreSQL's own client programs, of the installation found. Passwords go by environment, never by argument."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, BinaryIO, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext

from hub.embedded.postgres import client_tool
from hub.recovery.errors import BackupFailed

_SSL = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}


def owner_environment() -> dict[str, str]:
    """The libpq environment of the owner login, in the hub's database."""
    entry = settings.DATABASES["owner"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    options: Mapping[str, Any] = entry["OPTIONS"]
    return {name: str(entry[key]) for name, key in names.items()} | _extras(options)


def backup_environment() -> dict[str, str]:
    """The libpq environment of the backup login (REPLICATION), the only one that may copy the whole cluster."""
    if not settings.HUB_BACKUP_DATABASE_URL:
        raise BackupFailed("没有设置 HUB_BACKUP_DATABASE_URL：整库备份需要有 REPLICATION 权限的登录。")
    url = urlsplit(settings.HUB_BACKUP_DATABASE_URL)
    login, _at, hosts = url.netloc.rpartition("@")
    user, _colon, password = login.partition(":")
    places = [host.rpartition(":") for host in hosts.split(",")]
    found = {
        "PGHOST": ",".join(name or port for name, _, port in places),
        "PGPORT": ",".join(port if name else "5432" for name, _, port in places),
        "PGUSER": unquote(user),
        "PGPASSWORD": unquote(password),
        "PGDATABASE": unquote(url.path.lstrip("/")),
    }
    return found | _extras(dict(parse_qsl(url.query)))


def run(
    program: str, arguments: Sequence[str], *, env: Mapping[str, str], patience: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; BackupFailed with its last line when it failed."""
    done = subprocess.run(  # noqa: S603 - our own program and arguments
        [client_tool(program), *arguments],
        env=_environment(env), capture_output=True, text=True, timeout=patience, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise BackupFailed(
            gettext("%(program)s：%(last_line)s") % {"program": program, "last_line": _last_line(done.stderr)}
        )
    return done


@contextlib.contextmanager
def reading(program: str, arguments: Sequence[str], *, env: Mapping[str, str]) -> Iterator[BinaryIO]:
    """What a program writes, as a stream; BackupFailed at the end if it failed, so that half a dump never counts."""
    with tempfile.TemporaryFile("w+") as errors:
        process = _start(program, arguments, env, stdout=subprocess.PIPE, stderr=errors)
        with _ended(process, program, errors):
            yield cast(BinaryIO, process.stdout)


@contextlib.contextmanager
def writing(program: str, arguments: Sequence[str], *, env: Mapping[str, str]) -> Iterator[BinaryIO]:
    """A stream a program reads; BackupFailed at the end if it failed."""
    with tempfile.TemporaryFile("w+") as errors:
        process = _start(program, arguments, env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
        with _ended(process, program, errors):
            assert process.stdin is not None
            try:
                yield cast(BinaryIO, process.stdin)
                process.stdin.close()
            except BrokenPipeError:
                process.wait()


def _start(
    program: str,
    arguments: Sequence[str],
    env: Mapping[str, str],
    *,
    stdout: int | IO[str],
    stderr: IO[str],
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own program and arguments
        [client_tool(program), *arguments], env=_environment(env), stdin=stdin, stdout=stdout, stderr=stderr
    )


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes], program: str, errors: IO[str]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.wait() != 0:
        errors.seek(0)
        raise BackupFailed(
            gettext("%(program)s：%(last_line)s") % {"program": program, "last_line": _last_line(errors.read())}
        )


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "PGAPPNAME": "hub-recovery", **env}


def _extras(options: Mapping[str, Any]) -> dict[str, str]:
    found = {variable: str(options[name]) for name, variable in _SSL.items() if name in options}
    if "target_session_attrs" in options:
        found["PGTARGETSESSIONATTRS"] = str(options["target_session_attrs"])
    return found


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[-1] if lines else "没有说明原因")[:250]
