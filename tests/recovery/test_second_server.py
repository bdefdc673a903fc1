"""A server of its own, full of hospitals, is lost and brought back to its last moment while the district goes on."""

from __future__ import annotations

import os
import re
import shutil
import signal

import psycopg
import pytest

from tests.recovery.own_hub import OwnHub


def numbers(text: str) -> list[str]:
    return re.findall(r"booked (\S+)", text)


@pytest.mark.slow
@pytest.mark.requirement("WX-SEC-03")
def test_a_lost_server_comes_back_and_its_hospitals_open_in_step(wide_hub: OwnHub) -> None:
    hub, server = wide_hub, wide_hub.further
    assert server is not None
    hub.inside("sweep")
    hub.manage("move_hospital", "alpha", "--to", "hospital_b", "--go")
    said = hub.manage("backup", "cluster", "--by", "王工").stdout
    listed = hub.manage("backups").stdout
    [there] = re.findall(r"^(\S+) .* 整库 db-b 已完成", listed, re.M)[:1]
    assert there in said

    later = numbers(hub.inside("book", "2", "60").stdout)
    hub.inside("sweep")
    hub.manage("archive_wal", "--once")
    drilled = hub.manage("drill", "--backup", there, "--still", "--by", "王工").stdout
    assert "不一致" not in drilled
    with psycopg.connect(hub.env["HUB_OWNER_DATABASE_URL"]) as owner:
        row = owner.execute("SELECT ok, scope, counts, checks FROM recovery_drill").fetchone()
    assert row is not None
    ok, scope, counts, checks = row
    assert (ok, scope) == (True, "db-b")
    agreed = {table: after for table, before, after, agree in counts if agree == "yes"}
    assert agreed["b:h_alpha.appointment"] == "8"
    assert {name for name, good, _ in checks if good == "yes"} == {"verify_bookings", "verify_numbers", "verify_audit"}

    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    shutil.rmtree(server.data)
    restored = hub.manage("restore_cluster", "--backup", there, "--to", str(server.data), "--by", "王工").stdout
    assert "已关闭机构，恢复后逐家执行 resync 再开放：alpha" in restored
    server.start()
    assert "机构已开放" in hub.manage("resync", "alpha", "--by", "王工").stdout
    hub.inside("sweep")
    for command in ("verify_bookings", "verify_numbers", "verify_money"):
        assert hub.manage(command).returncode == 0
    there_now = hub.inside("ids").stdout
    assert all(f"booking {one}" in there_now for one in later)
    assert len(numbers(hub.inside("book", "1", "60").stdout)) == 1, "and residents book on"
