"""The operator's page: a stopped service is red, a period tells who used what, a fault keeps its scene."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError
from django.test import Client
from pytest_django.fixtures import Settings

from hub import clock
from hub.journal.region.models import OutboxRow
from hub.observability import heartbeat
from hub.outbox.models import Lane
from hub.running import faults, shapes, tasks, usage, watching
from hub.running.models import Fault, ServiceSpan, UsageHour
from hub.security.roles import Role
from hub.storage import client as storage
from hub.tenancy.scope import region
from tenants.registry import selectors as registry
from tests.booking.world import register_institution
from tests.portal.desks import desk_of, text_of
from tests.security.matrix.standing import staff
from tools.catalogue import ROOT

PROCESSES = ("relay", "scheduler", *(f"worker.{queue}" for queue in watching.queues()))


@pytest.fixture
def running(committed: None, settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Every process gives signs of life; scenes that wait do so in a folder of this test."""
    settings.HUB_FAULTS_DIR = str(tmp_path / "faults")
    before, os.environ["HUB_FAULTS_DIR"] = os.environ["HUB_FAULTS_DIR"], settings.HUB_FAULTS_DIR
    for process in PROCESSES:
        heartbeat.beat(process)
    yield
    os.environ["HUB_FAULTS_DIR"] = before


def row_of(page: str, title: str) -> str:
    return page.split(f'<td class="strong">{title}</td>')[1].split("</tr>")[0]


@pytest.mark.requirement("JA-OPS-02")
@pytest.mark.control("8.1.5.4/57")
def test_every_service_stands_on_the_page_and_a_stopped_one_is_flagged(
    running: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = desk_of(Role.SYSTEM_ADMIN)
    page = text_of(operator.get("/district/running"))
    for title in ("公共库", "医院库", "缓存", "文件存储", "投递进程", "定时调度", "后台进程（任务）"):
        assert title in page
    assert "已停止" not in page
    settings.HUB_S3 = {**settings.HUB_S3, "endpoint": "127.0.0.1:1"}
    storage._impatient.cache_clear()
    monkeypatch.setattr(watching, "SILENCE", -1.0)  # a minute in which the relay said nothing
    heartbeat.beat("relay")
    try:
        page = text_of(operator.get("/district/running"))
    finally:
        storage._impatient.cache_clear()
    assert '<span class="light bad">已停止</span>' in row_of(page, "文件存储（S3）")
    assert '<span class="light bad">已停止</span>' in row_of(page, "投递进程")
    assert "秒没有信号" in row_of(page, "投递进程")
    assert '<span class="light">正常</span>' in row_of(page, "缓存（Redis）")
    assert '<span class="light off">未启用</span>' in row_of(page, "HL7 接收进程")
    assert "医院系统" in page
    assert "备份" in page


@pytest.mark.control("MLPS/28", "8.1.4/58")
def test_a_wrong_clock_and_little_space_are_told_before_they_hurt(running: None, settings: Settings) -> None:
    operator = desk_of(Role.SYSTEM_ADMIN)
    page = text_of(operator.get("/district/running"))
    assert "未登记容量" in row_of(page, "数据库空间（含审计）")
    settings.HUB_DATABASE_CAPACITY_GB = 1000
    assert "正常" in row_of(text_of(operator.get("/district/running")), "数据库空间（含审计）")
    watching.FULL, kept = 0.0, watching.FULL
    try:
        with clock.shifted(timedelta(seconds=5)):
            page = text_of(operator.get("/district/running"))
    finally:
        watching.FULL = kept
    assert "异常" in row_of(page, "数据库空间（含审计）")
    assert "相差 5.0 秒" in row_of(page, "时钟")


@pytest.mark.requirement("JA-OPS-02")
def test_a_party_outside_that_is_down_is_flagged(running: None) -> None:
    with region():
        OutboxRow.objects.create(
            event_id=uuid4(),
            name="accounts.code_asked",
            version=1,
            handler="hub.accounts.send_sms",
            aggregate="code:1",
            hospital="",
            incarnation=1,
            lane=Lane.OUTSIDE,
            payload={},
            request_id="",
            created_at=clock.now(),
            attempts=3,
            available_at=clock.now(),
            last_error="ConnectError from sms",
        )
    page = text_of(desk_of(Role.OPERATIONS).get("/district/running"))
    assert "不通" in row_of(page, "hub.accounts.send_sms")
    assert "ConnectError from sms" in page


@pytest.mark.requirement("JA-OPS-05")
def test_a_period_tells_who_used_what_and_how_services_ran(
    running: None, alpha: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_institution(alpha)
    operator, clerk = desk_of(Role.SYSTEM_ADMIN), desk_of(Role.RECEPTION, hospital=alpha)
    for _ in range(3):
        assert clerk.get("/workspace/appointments").status_code == 200
    usage.flush()
    tasks.watch()
    with monkeypatch.context() as silent:
        silent.setattr(watching, "SILENCE", -1.0)
        with clock.shifted(timedelta(minutes=1)):
            watching.watch()
    with clock.shifted(timedelta(minutes=3)):
        watching.watch()
    page = text_of(operator.get(f"/district/running/log?who=张伟&what=appointments&first={clock.today()}"))
    used = page.split("<h2>谁用了什么</h2>")[1]
    assert "GET workspace/appointments" in used
    assert '<td class="num">3</td>' in used
    silent_rows = [row for row in used.split("<tr>") if "已停止" in row and "秒没有信号" in row]
    assert len(silent_rows) == len(PROCESSES), "each was silent for two minutes, and it is written when"
    assert "没有这样的使用记录" in text_of(operator.get("/district/running/log?who=无此人"))
    last_year = (clock.today() - timedelta(days=400)).isoformat()
    assert "没有这样的使用记录" in text_of(operator.get(f"/district/running/log?first={last_year}&last={last_year}"))
    sheet = text_of(operator.get("/district/running/log.csv?what=appointments")).removeprefix("\ufeff")
    assert [row[3] for row in csv.reader(io.StringIO(sheet))][1:] == ["3"]
    assert desk_of(Role.REVIEWER).get("/district/running/log").status_code == 403
    with region(read_only=True):
        assert ServiceSpan.objects.filter(until__isnull=True).count() >= len(PROCESSES)
        assert not UsageHour.objects.filter(actor_name="居民").exclude(actor="residents").exists()


def broken(*_args: object, **_options: object) -> Any:
    raise ZeroDivisionError("身份证 310199199005170012 无法处理")


@pytest.mark.requirement("JA-OPS-06", "JA-OPS-04")
@pytest.mark.control("8.1.9/61")
def test_the_scene_of_a_fault_is_kept_over_a_restart_and_without_anybodys_data(
    running: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = desk_of(Role.OPERATIONS)
    operator.raise_request_exception = False
    monkeypatch.setattr(registry, "institutions", broken)
    answer = operator.get(
        "/district/institutions?q=沈云&phone=13800138000", headers={"X-Request-ID": "quoted-by-phone-1"}
    )
    assert answer.status_code == 500
    monkeypatch.undo()
    command = [sys.executable, "manage.py", "faults"]
    again = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True)
    assert "ZeroDivisionError" in again.stdout, "another process, which knows nothing but what was kept"
    [fault] = faults.faults(actor=staff(Role.OPERATIONS), search=faults.FaultSearch(open_only=True))
    page = text_of(operator.get(f"/district/running/faults/{fault.id}"))
    for part in ("GET district/institutions", "quoted-by-phone-1", "ZeroDivisionError", "张伟", "broken", "文文"):
        assert part in page
    for secret in ("310199199005170012", "13800138000", "沈云"):
        assert secret not in page
    assert str(fault.at.year) in page
    assert "ZeroDivisionError" in text_of(operator.get("/district/running"))
    assert "请写明原因和处理" in text_of(operator.post(f"/district/running/faults/{fault.id}/close", follow=True))
    operator.post(f"/district/running/faults/{fault.id}/close", {"cause": "配置错误，已改"})
    assert "配置错误，已改" in text_of(operator.get("/district/running/log?what=ZeroDivision"))
    assert desk_of(Role.AUDIT_ADMIN).get(f"/district/running/faults/{fault.id}").status_code == 403


@pytest.mark.requirement("JA-OPS-06")
def test_a_fault_while_the_database_is_away_waits_in_a_file(
    running: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = desk_of(Role.OPERATIONS)
    operator.raise_request_exception = False
    monkeypatch.setattr(registry, "institutions", broken)
    monkeypatch.setattr(faults, "_store", _away)
    assert operator.get("/district/institutions").status_code == 500
    [waiting] = (tmp_path / "faults").iterdir()
    assert b"ZeroDivision" not in waiting.read_bytes(), "sealed"
    monkeypatch.undo()
    with region(read_only=True):
        assert not Fault.objects.exists()
    (tmp_path / "faults" / "x.fault").write_bytes(b"half a file")
    assert faults.take_in() == 1
    with region(read_only=True):
        assert Fault.objects.get().error == "builtins.ZeroDivisionError"
    assert faults.take_in() == 0


def _away(_columns: object) -> None:
    raise DatabaseError("the server is away")


def test_many_alike_are_kept_twenty_times(running: None, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = desk_of(Role.OPERATIONS)
    operator.raise_request_exception = False
    monkeypatch.setattr(registry, "institutions", broken)
    for _ in range(faults.ALIKE_PER_HOUR + 3):
        operator.get("/district/institutions")
    with region(read_only=True):
        assert Fault.objects.count() == faults.ALIKE_PER_HOUR


def test_shapes() -> None:
    assert shapes.shape({"name": "沈云", "id": "310199199005170012", "password": "x", "page": 3}) == {
        "name": "文文",
        "id": "9" * 18,
        "password": shapes.HIDDEN,
        "page": 3,
    }
    uuid = "01a1fcd4-f580-727c-823e-4cc1b300e8c5"
    assert shapes.shape(f"patient:{uuid}") == f"aaaaaaa:{uuid}"
    assert shapes.shape(["A1", 123456]) == ["A9", "999999"]
