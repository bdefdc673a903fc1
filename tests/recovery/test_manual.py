"""The manual is the drill: its commands, taken out of it and run one after the other (JA-SEC-04)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, get_commands, load_command_class

from tests.recovery.own_hub import ROOT, OwnHub

MANUAL = ROOT / "docs" / "operations.zh.md"
# A line of a block, or words between backticks; a quoted text may hold anything.
COMMAND = re.compile(r'manage\.py ((?:"[^"\n]*"|[^`\n|)#，；。])*)')
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.M | re.S)


def commands() -> str:
    """The commands of the section on backups, in order."""
    text = MANUAL.read_text(encoding="utf-8")
    section = text[text.index("\n## 备份与恢复\n") :]
    section = section[: section.index("\n## 演练\n")]
    return "\n".join(BLOCK.findall(section))


def named() -> Iterator[tuple[str, list[str]]]:
    """(document, words) of every `manage.py` line written down for people, placeholders as they stand."""
    for document in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("charts/*.md"),
    ):
        for line in COMMAND.findall(document.read_text(encoding="utf-8")):
            words = shlex.split(re.sub(r"[\[\]…]", " ", line))  # in brackets: what may be left out
            if words:
                yield document.name, words


def test_every_command_written_down_is_one_there_is_and_understands_its_words() -> None:
    seen, commands_there_are = 0, get_commands()
    for document, (name, *arguments) in named():
        assert name in commands_there_are, f"{document}: nobody has the command {name}"
        parser = load_command_class(commands_there_are[name], name).create_parser("manage.py", name)
        try:
            parser.parse_args(arguments)
        except CommandError as problem:
            pytest.fail(f"{document}: manage.py {name} {shlex.join(arguments)}: {problem}")
        seen += 1
    assert seen > 60


@pytest.mark.slow
@pytest.mark.control("CES1-29/43", "8.1.9/61")
@pytest.mark.requirement("JA-SEC-03", "JA-SEC-04", "JA-SEC-05", "WX-SEC-03")
def test_a_drill_by_the_manual_alone(own_hub: OwnHub, tmp_path: Path) -> None:
    script = commands()
    assert script.count("manage.py") >= 12
    own_hub.inside("sweep")
    there = str(own_hub.inside("ids").stdout.count("booking "))
    done = own_hub.shell(
        script, OPERATOR="王工", HOSPITAL="alpha", RESTORE_DIR=str(own_hub.base.parent / "restored" / "pg")
    )
    for step in ("回读", "恢复出的数据库已就绪", "已由 王工 确认", "机构已开放", "旧数据已删除"):
        assert step in done.stdout + done.stderr
    with psycopg.connect(own_hub.env["HUB_OWNER_DATABASE_URL"]) as owner:
        drills = owner.execute(
            "SELECT kind, ok, done_by, confirmed_by, counts, checks, steps FROM recovery_drill ORDER BY started_at"
        ).fetchall()
    assert [(kind, ok, by, confirmed) for kind, ok, by, confirmed, *_ in drills] == [
        ("cluster", True, "王工", "王工"),
        ("hospital", True, "王工", "王工"),
    ]
    counts, checks, steps = drills[0][4:]
    agreed = {table: after for table, before, after, agree in counts if agree == "yes" and before == after}
    assert int(there) >= 6
    assert agreed["public.booking"] == agreed["public.payments_order"] == agreed["h_alpha.appointment"] == there
    assert {name for name, ok, _ in checks if ok == "yes"} == {
        "verify_bookings", "verify_numbers", "verify_money", "verify_audit", "verify_grants",
    }  # fmt: skip
    assert len(steps) >= 4
