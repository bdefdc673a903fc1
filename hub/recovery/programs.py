"""PostgreSQL's own client programs, of the installation found. Passwords go by environment, never by argument."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, BinaryIO, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext

from hub.embedded.postgres import client_tool
from hub.recovery.clusters import Cluster
from hub.recovery.errors import BackupFailed
from hub.tenancy.dumping import libpq_extras


def backup_environment(cluster: Cluster) -> dict[str, str]:
    """The libpq environment of the backup login (REPLICATION), the only one that may copy the whole cluster."""
    if not cluster.url:
        variable = f"HUB_BACKUP_DATABASE_URL_{cluster.name.upper()}" if cluster.name else "HUB_BACKUP_DATABASE_URL"
        raise BackupFailed(
            gettext("没有设置 %(variable)s：整库备份需要有 REPLICATION 权限的登录。") % {"variable": variable}
        )
    url = urlsplit(cluster.url)
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
    return found | libpq_extras(dict(parse_qsl(url.query)))


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


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[-1] if lines else "没有说明原因")[:250]
