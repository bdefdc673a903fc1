"""Everything: base backup, archive of the write-ahead log, a point in time brought back into an empty cluster.

The same programs serve an embedded server and any other: `pg_basebackup` and `pg_receivewal` over the replication
protocol, by a login that can do nothing else. No setting of the server is needed but `wal_level=replica`, the default.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
from django.conf import settings
from django.utils.translation import gettext

from hub.actor import Actor
from hub.embedded import places, processes
from hub.embedded.postgres import client_tool, server_user
from hub.recovery import clusters, counts, programs, records, vault
from hub.recovery.clusters import HOME, Cluster
from hub.recovery.errors import BackupFailed
from hub.recovery.models import BackupKind
from hub.recovery.streams import Pieces
from hub.security.keyring import REGION_OWNER
from hub.tenancy.schemas import owner_connection

SLOT = "hub_archive"
SEGMENT_LENGTH = 24
Report = Callable[[str], None]


def backup_all(*, actor: Actor) -> list[UUID]:
    """A base backup of every server there is a login for; then BackupFailed if one failed or cannot be copied at all.

    One that fails keeps no other from its turn; each failure is recorded under its own server.
    """
    made: list[UUID] = []
    failures: list[str] = []
    for cluster in clusters.copied():
        with _noted(failures):
            made.append(backup_cluster(cluster, actor=actor))
    lacking: list[Cluster] = []
    with _noted(failures):
        lacking = clusters.uncovered()
    for cluster in lacking:
        with _noted(failures), records.making(BackupKind.CLUSTER, cluster.scope, actor=actor):
            programs.backup_environment(cluster)
    if failures:
        raise BackupFailed("；".join(failures))
    return made


@contextlib.contextmanager
def _noted(failures: list[str]) -> Iterator[None]:
    try:
        yield
    except BackupFailed as problem:
        failures.append(problem.text)
    except (psycopg.Error, OSError) as problem:
        failures.append(f"{type(problem).__name__}: {problem}".strip()[:250])


def backup_cluster(cluster: Cluster = HOME, *, actor: Actor) -> UUID:
    """A base backup of one whole server, sealed while it streams; nothing plain touches the disk."""
    with records.making(BackupKind.CLUSTER, cluster.scope, actor=actor) as made:
        arguments = [
            "--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast", "--no-password",
            "--compress=client-gzip:1", f"--label=hub {made.id}",
        ]  # fmt: skip
        with programs.reading("pg_basebackup", arguments, env=programs.backup_environment(cluster)) as source:
            made.file = vault.write(f"cluster/{made.id}.tar.gz.sealed", source, owner=REGION_OWNER)
        with owner_connection(cluster.owner) as connection:
            made.facts = {"server": connection.info.server_version, "counts": counts.of_schema(connection, "public")}
        made.size = (vault.root() / made.file.name).stat().st_size
        made.facts["bytes_stored"] = made.size
    records.read_back(made.id, actor=actor)
    return made.id


# The archive of the write-ahead log.


def archive_wal(*, report: Report, every: float = 60.0, stopping: Callable[[], bool]) -> None:
    """Receive every server's log as it is written and seal it every so many seconds, until told to stop.

    The slot keeps on the server what was not received yet: `max_slot_wal_keep_size` says how much at most. A receiver
    that ended (its server was away) is started again; the others go on meanwhile.
    """
    receivers: dict[Cluster, subprocess.Popen[bytes]] = {}
    try:
        while not stopping():
            for cluster in clusters.copied():
                if cluster not in receivers or receivers[cluster].poll() is not None:
                    with _words_for_a_server_away(report, cluster):
                        receivers[cluster] = _receiver(cluster)
            _sleep(every, stopping)
            for cluster in receivers:
                report(f"{cluster.scope} 已归档到 {seal_spool(cluster)}")
    finally:
        for receiver in receivers.values():
            receiver.terminate()
            receiver.wait()


def archive_until_now() -> str:
    """Receive every log up to this instant and seal it; the newest pieces' names (for a schedule, and for drills)."""
    return "，".join(_archived_until_now(cluster) for cluster in clusters.copied())


def seal_spool(cluster: Cluster) -> str:
    """Seal what was received; whole segments leave the spool, the one being written is sealed as far as it is."""
    newest = ""
    for path in sorted(_spool(cluster).iterdir()):
        name = path.name.removesuffix(".partial")
        if len(name) != SEGMENT_LENGTH:
            continue
        with path.open("rb") as source:
            sealed = vault.write(f"{cluster.log}/{name}.sealed", source, owner=REGION_OWNER)
        vault.keep_side_note(sealed)
        newest = name
        if path.name == name:
            path.unlink()
    return newest


def prune_wal() -> int:
    """Remove pieces sealed before the oldest base backup of their server that is kept began; how many."""
    oldest: dict[str, str] = {}
    for note in vault.notes():
        if note.kind == BackupKind.CLUSTER:
            oldest[note.scope] = min(note.started_at, oldest.get(note.scope, note.started_at))
    gone = 0
    for scope, begun in oldest.items():
        needed = datetime.fromisoformat(begun)
        for path in (vault.root() / clusters.named(scope).log).glob("*.sealed"):
            if _sealed_at(path) < needed:
                path.with_suffix(".json").unlink(missing_ok=True)
                path.unlink()
                gone += 1
    return gone


def _sealed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)


def _receiver(cluster: Cluster) -> subprocess.Popen[bytes]:
    spool = _spool(cluster)
    _ensure_slot(cluster, spool)
    return subprocess.Popen(  # noqa: S603 - our own program and arguments
        [client_tool("pg_receivewal"), f"--directory={spool}", f"--slot={SLOT}", "--no-password", "--synchronous"],
        env={"PATH": os.environ.get("PATH", ""), **programs.backup_environment(cluster)},
        preexec_fn=processes.die_with_parent(signal.SIGTERM),
    )


@contextlib.contextmanager
def _words_for_a_server_away(report: Report, cluster: Cluster) -> Iterator[None]:
    try:
        yield
    except BackupFailed as problem:
        report(f"{cluster.scope} 没有归档：{problem.text}")


def _archived_until_now(cluster: Cluster) -> str:
    spool = _spool(cluster)
    _ensure_slot(cluster, spool)
    with owner_connection(cluster.owner) as connection:
        row = connection.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
    assert row is not None
    programs.run(
        "pg_receivewal",
        [f"--directory={spool}", f"--slot={SLOT}", f"--endpos={row[0]}", "--no-loop", "--no-password"],
        env=programs.backup_environment(cluster),
        patience=300,
    )
    return seal_spool(cluster)


def _spool(cluster: Cluster) -> Path:
    path = vault.root() / f"{cluster.log}-spool"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def _ensure_slot(cluster: Cluster, spool: Path) -> None:
    programs.run(
        "pg_receivewal",
        [f"--directory={spool}", f"--slot={SLOT}", "--create-slot", "--if-not-exists", "--no-password"],
        env=programs.backup_environment(cluster),
        patience=60,
    )


def _sleep(seconds: float, stopping: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stopping():
        time.sleep(min(0.2, seconds))


# Bringing it back.


def lay_out(backup_id: UUID, target: Path, *, until: datetime | None, report: Report) -> None:
    """Unpack a base backup and the archived log into an empty directory, ready to be started by PostgreSQL.

    `until` stops the replay at an instant; without it everything that was archived is replayed. BackupFailed when the
    directory is not empty.
    """
    note = vault.note(backup_id)
    if note.kind != BackupKind.CLUSTER or note.file is None:
        raise BackupFailed("这不是整库备份。")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise BackupFailed(gettext("%(target)s 不是空目录，恢复只能写进空目录。") % {"target": target})
    with tarfile.open(fileobj=Pieces(vault.read(note.file)), mode="r|gz") as archive:
        # Debian 12's Python has no filters; the archive is our own, sealed under a key of the vault.
        archive.extraction_filter = getattr(tarfile, "tar_filter", _as_it_is)
        archive.extractall(target)  # noqa: S202 - as above
    report("基础备份已解开")
    programs.run("pg_verifybackup", ["--exit-on-error", "--no-parse-wal", str(target)], env={})
    report("逐个文件与备份清单核对一致")
    log = target / "hub-wal"
    log.mkdir(mode=0o700)
    pieces = _unseal_log(clusters.named(note.scope), log)
    report(f"取出日志 {pieces} 段")
    _arm(target, until)
    _give(target)


def _as_it_is(member: tarfile.TarInfo, _path: str) -> tarfile.TarInfo:
    return member


def _unseal_log(cluster: Cluster, log: Path) -> int:
    count = 0
    for sealed in vault.side_notes(cluster.log):
        name = Path(sealed.name).name.removesuffix(".sealed")
        with (log / name).open("wb") as piece:
            vault.pour(sealed, piece.write)
        count += 1
    return count


def _arm(target: Path, until: datetime | None) -> None:
    lines = ['restore_command = \'cp "hub-wal/%f" "%p"\'', "recovery_target_action = 'promote'"]
    if until is not None:
        lines.append(f"recovery_target_time = '{until.astimezone(UTC).isoformat()}'")
    with (target / "postgresql.auto.conf").open("a", encoding="utf-8") as configuration:
        configuration.write("\n".join(["", *lines, ""]))
    (target / "recovery.signal").touch(mode=0o600)


def _give(target: Path) -> None:
    """The server runs as somebody else when we are root."""
    user = server_user()
    if user.uid == os.geteuid():
        return
    for path in (target, *target.rglob("*")):
        os.chown(path, user.uid, user.gid)
    if not places.reachable(target, user.uid):
        raise BackupFailed(gettext("PostgreSQL 的用户进不了 %(target)s，请换一个目录。") % {"target": target})


@contextlib.contextmanager
def started(target: Path, port: int, cluster: Cluster = HOME) -> Iterator[str]:
    """A server on the laid-out directory, replayed and promoted; its place as `host:port`. Ended at the end."""
    log = target.with_name(f"{target.name}.log")
    command = [
        client_tool("postgres"), "-D", str(target), f"-p{port}", "-clisten_addresses=127.0.0.1",
        "-cunix_socket_directories=", "-carchive_mode=off", "-cmax_locks_per_transaction=512", "-cfsync=off",
        "-chot_standby=off",
    ]  # fmt: skip
    process = processes.spawn(command, log=log, run_as=server_user(), cwd=target)
    try:
        _wait_until_promoted(process, port, log, cluster.owner)
        yield f"127.0.0.1:{port}"
    finally:
        processes.stop(cast(Any, process), patience=20)


def _wait_until_promoted(process: subprocess.Popen[str], port: int, log: Path, owner: str) -> None:
    entry = settings.DATABASES[owner]
    end = time.monotonic() + 600
    while time.monotonic() < end:
        if process.poll() is not None:
            fatal = [line for line in processes.tail(log, 30).splitlines() if "FATAL" in line]
            raise BackupFailed(gettext("恢复出的数据库没有启动：%(fatal)s") % {"fatal": fatal[0] if fatal else log})
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(
            host="127.0.0.1", port=port, user=entry["USER"], password=entry["PASSWORD"], dbname=entry["NAME"],
            connect_timeout=2,
        ) as connection:  # fmt: skip
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
            if row is not None and row[0] is False:
                return
        time.sleep(0.1)
    raise BackupFailed("恢复出的数据库在 10 分钟内没有就绪。")
