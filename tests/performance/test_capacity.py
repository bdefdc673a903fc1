"""The measure of docs/performance.zh.md itself, shorter and with a smaller year: what it writes and what it holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest import performance
from tests.harness.browser import ROOT

KEPT = ("PATH", "HOME", "LANG")


@pytest.mark.slow
@pytest.mark.requirement("JA-PERF-01", "JA-PERF-02", "JA-PERF-03", "JA-PERF-04")
@pytest.mark.requirement("JA-PERF-05", "JA-PERF-06", "JA-PERF-07", "JA-PERF-08")
def test_fifty_people_at_work_are_answered_in_time(tmp_path: Path) -> None:
    """On a district of its own with a year of bookings; the report names the reference and each derived target."""
    paper = tmp_path / "performance.md"
    measure = [sys.executable, "-m", "loadtest", "performance", "--seconds", "30", "--bookings", "200000"]
    done = subprocess.run(
        [*measure, "--report", str(paper)],
        cwd=ROOT,
        env={name: os.environ[name] for name in KEPT if name in os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    text = paper.read_text(encoding="utf-8")
    assert "参照医保实时结算" in text
    assert f"{performance.USERS} 个并发用户" in text
    rows = [line.split("|") for line in text.splitlines() if "| JA-PERF-" in line]
    assert len(rows) == len(performance.KINDS)
    assert all(int(row[5]) > 0 and row[10].strip() == "是" for row in rows), text
    assert "从全部预约重算全区一年" in text
