"""The tools behind make: a claim counts only if its test can run, a lock file names no registry."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import leftovers, rules
from tools.catalogue import ROOT, claims_in, rows

SOURCE = '''
import pytest

@pytest.mark.requirement("JA-APPT-01", "JA-APPT-02")
def test_proven(): ...

@pytest.mark.skip(reason="later")
@pytest.mark.requirement("JA-APPT-03")
def test_skipped(): ...

@pytest.mark.requirement("JA-APPT-04")
def test_skips_itself():
    """Not yet."""
    pytest.skip("later")

@pytest.mark.xfail
@pytest.mark.requirement("JA-APPT-05")
def test_expected_to_fail(): ...

@pytest.mark.skipif(not browser(), reason="no browser here")
@pytest.mark.requirement("JA-APPT-06")
def test_where_there_is_a_browser(): ...

@pytest.mark.requirement("JA-APPT-07")
class TestTogether:
    async def test_one(self): ...
'''


def test_claims_are_read_from_the_source() -> None:
    found = {claim.row: claim.skipped for claim in claims_in(SOURCE, Path("test_x.py"))}
    assert found == {
        "JA-APPT-01": False,
        "JA-APPT-02": False,
        "JA-APPT-03": True,
        "JA-APPT-04": True,
        "JA-APPT-05": True,
        "JA-APPT-06": False,
        "JA-APPT-07": False,
    }


def test_a_module_mark_counts_and_can_be_skipped_as_a_whole() -> None:
    head = "import pytest\npytestmark = [pytest.mark.requirement('WX-X-01'){}]\ndef test_a(): ...\n"
    assert [c.skipped for c in claims_in(head.format(""), Path("test_x.py"))] == [False]
    assert [c.skipped for c in claims_in(head.format(", pytest.mark.skip"), Path("test_x.py"))] == [True]


def test_the_whole_catalogue_is_there() -> None:
    assert len(rows()) == 1200


@pytest.mark.parametrize("rule", rules.ALL.values(), ids=rules.ALL.keys())
def test_the_house_keeps_its_rules(rule: object) -> None:
    assert callable(rule)
    assert list(rule()) == []


def test_a_lock_file_with_a_registry_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-node.lock"):
        (tmp_path / name).write_text("x==1 --hash=sha256:00\n")
    (tmp_path / "package-lock.json").write_text('{"packages": {"": {}, "a": {"resolved": "https://r/a.tgz"}}}')
    (tmp_path / "requirements.lock").write_text("--index-url https://pypi.example/simple\nx==1\n")
    monkeypatch.setattr(rules, "ROOT", tmp_path)
    assert list(rules.lock_files()) == [
        "requirements.lock: names a registry",
        "requirements.lock: no hashes",
        "package-lock.json: names a registry",
        "package-lock.json: a has no hash",
    ]


def test_a_process_left_behind_is_found_and_ended() -> None:
    mark = f"mark-{time.monotonic_ns()}"
    left = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], env={**os.environ, leftovers.VARIABLE: mark}
    )
    end = time.monotonic() + 5
    while not (found := list(leftovers.marked(mark))) and time.monotonic() < end:
        time.sleep(0.02)
    assert [pid for pid, _ in found] == [left.pid]
    assert leftovers.main([mark]) == 1
    left.wait()
    assert leftovers.main([mark]) == 0


def test_the_browser_hint_and_the_ci_entry_are_plain_scripts() -> None:
    for script in (".ci/run", "tools/test", "tools/lock"):
        assert os.access(ROOT / script, os.X_OK), script
        subprocess.run(["bash", "-n", str(ROOT / script)], check=True)


def test_a_foreign_table_is_noticed_and_a_foreign_word_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for app in ("appointments", "billing"):
        (tmp_path / "tenants" / app).mkdir(parents=True)
    (tmp_path / "tenants/appointments/models.py").write_text(
        "class State(models.TextChoices): ...\nclass Appointment(models.Model): ...\n"
    )
    (tmp_path / "tenants/billing/services.py").write_text(
        "from tenants.appointments.models import State\nfrom tenants.appointments.models import Appointment\n"
    )
    monkeypatch.setattr(rules, "ROOT", tmp_path)
    assert list(rules.foreign_models()) == [
        "tenants/billing/services.py:2: imports tenants.appointments.models.Appointment, private to its app"
    ]
