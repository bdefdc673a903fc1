"""What many hospitals cost: making one, migrating when nothing changed, migrating one column."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from loadtest.client import Outcome, crowd, getting
from loadtest.district import ROOT, District
from loadtest.pages import addresses
from loadtest.processor import pace, used
from loadtest.setting import Setting

PRODUCT = ("hub", "institution_connectors", "tenants", "regional_services", "portal", "manage.py")
SIZES, FULL_SIZES = (26, 200), (26, 200, 1000)
PAGES = 400
_TIMED = """
import time
from hub.tenancy.provision import create_hospital, migrate_hub
begun = time.perf_counter()
{act}
print("seconds", time.perf_counter() - begun)
"""
_MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "{parent}")]
    operations = [
        migrations.AddField("department", "bench_{size}", models.CharField(max_length=20, blank=True, default="")),
    ]
"""


def schemas(setting: Setting) -> None:
    """(f) At 26, 200 and (with --full) 1,000 hospitals. A page of the API at the smallest and largest number."""
    district, table = setting.district, setting.table
    sizes = FULL_SIZES if setting.options.full else SIZES
    copy = _copied(district)
    parent = sorted(path.stem for path in (copy / "tenants/directory/migrations").glob("0*.py"))[-1]
    page_first = _page(setting)
    for size in sizes:
        missing = size - len(setting.database.schemas())
        if missing > 0:
            seconds = _timed(
                district, f"[create_hospital(f'b{{n:04d}}') for n in range({size - missing}, {size})]", copy
            )
            each = seconds / missing
            table.add("f", f"a new hospital, growing to {size}", f"{each:.2f} s", "<= 0.5 s", each <= 0.5)
        nothing = _timed(district, "migrate_hub()", copy)
        aim = "<= 1 s" if size == 200 else ""
        table.add("f", f"migration with nothing to do, {size} schemas", f"{nothing:.2f} s", aim, nothing <= 1 or None)
        migration = copy / f"tenants/directory/migrations/{int(parent[:4]) + 1:04d}_bench_{size}.py"
        migration.write_text(_MIGRATION.format(parent=parent, size=size), encoding="utf-8")
        parent = migration.stem
        column = _timed(district, "assert not [o for o in migrate_hub() if o.error]", copy)
        table.add("f", f"migration of one column, {size} schemas", f"{column:.2f} s")
    page_last, grown = _page(setting), f"{sizes[0]} -> {sizes[-1]} schemas"
    table.add("f", f"p50 of a page, {grown}", f"{page_first.p50:.1f} -> {page_last.p50:.1f} ms")
    work = f"{page_first.work:.3f} -> {page_last.work:.3f}"
    what = f"processor time of a page in units of the arithmetic, {grown}"
    table.add("f", what, work, "within 10 %", page_last.work < page_first.work * 1.1)


def _copied(district: District) -> Path:
    """The product as it stands, in a place where a migration can be added."""
    copy = district.var / "checkout"
    copy.mkdir(exist_ok=True)
    for name in PRODUCT:
        source, target = ROOT / name, copy / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    return copy


def _timed(district: District, act: str, copy: Path) -> float:
    """Seconds of an act inside a process of the product, without the start of Python."""
    printed = district.manage("shell", "--no-imports", "-c", _TIMED.format(act=act), cwd=copy)
    return float(printed.rsplit("seconds", 1)[1])


@dataclass(frozen=True, slots=True)
class _Page:
    """What a page takes: by the clock in ms, and of the processors in units of what the machine gives just then."""

    p50: float
    work: float


def _page(setting: Setting) -> _Page:
    url, token = addresses(setting)["numbers of a session"]
    crowd([getting(url, token)] * 50, clients=4)
    outcomes: list[Outcome] = []
    before = pace()
    use = used(
        setting.district.pid("web"),
        setting.database.data_directory,
        lambda: outcomes.append(crowd([getting(url, token)] * PAGES, clients=4)),
    )
    each = (use.web + use.database) / PAGES * 1000
    return _Page(outcomes[0].percentile(0.5), each / ((before + pace()) / 2))
