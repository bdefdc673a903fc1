"""Fifty people at once, held against the targets of the requirements (JA-PERF-01..08); the report is a document.

The reference is the real-time settlement of the insurance: what one transaction may take there, and how much data it
moves. A kind of work that moves more may take longer in proportion, and never longer than the requirement's own limit.
"""

from __future__ import annotations

import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

USERS = 50
LARGEST_SECONDS = 180
REFERENCE_SECONDS, REFERENCE_BYTES = 1.0, 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of work: which requests belong to it, and the requirement's limits in seconds (0: none)."""

    row: str
    title: str
    prefixes: tuple[str, ...]
    mean: float
    longest: float


KINDS = (
    Kind(
        row="JA-PERF-02、03",
        title="交互（预约、取消、实名）",
        prefixes=("book", "cancel", "real name"),
        mean=3,
        longest=10,
    ),
    Kind(
        row="JA-PERF-04",
        title="简单查询（机构、科室、排班、号、我的预约）",
        prefixes=(
            "read: i",
            "read: d",
            "read: se",
            "read: n",
            "institutions",
            "departments",
            "sessions",
            "numbers",
            "my",
        ),
        mean=10,
        longest=0,
    ),
    Kind(
        row="JA-PERF-05", title="复杂查询（检索、机构总表）", prefixes=("read: search", "complex:"), mean=30, longest=0
    ),
    Kind(row="JA-PERF-07", title="一般统计（全部机构一个月）", prefixes=("statistics:",), mean=0, longest=30),
    Kind(row="JA-PERF-08", title="一般分析（一年走势）", prefixes=("analysis:",), mean=0, longest=30),
    Kind(
        row="JA-PERF-06",
        title="极限数据（全年逐机构逐日导出，全年预约逐条查询）",
        prefixes=("largest:",),
        mean=0,
        longest=LARGEST_SECONDS,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one kind of work took, in seconds."""

    count: int
    failures: int
    mean: float
    p95: float
    longest: float
    bytes: int


def kind_of(name: str) -> Kind | None:
    """The kind a request belongs to: the longest prefix that fits decides."""
    fits = [(len(prefix), kind) for kind in KINDS for prefix in kind.prefixes if name.startswith(prefix)]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def measured(stats: Path) -> dict[str, Measured]:
    """Locust's table by kind."""
    with stats.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] != "Aggregated" and int(row["Request Count"])]
    return {kind.title: _sum([row for row in rows if kind_of(row["Name"]) is kind]) for kind in KINDS}


def target(kind: Kind, found: Measured) -> tuple[float, float]:
    """The derived targets for mean and longest: in proportion to the data moved, within the requirement's limits."""
    derived = REFERENCE_SECONDS * max(1.0, found.bytes / REFERENCE_BYTES)
    mean = min(derived, kind.mean or kind.longest)
    return mean, min(3 * derived, kind.longest) if kind.longest else 3 * derived


def report(found: dict[str, Measured], *, seconds: int, bookings: int, anew: float) -> tuple[str, list[str]]:
    """The document, and what missed its requirement; a derived target missed is told, and is no failure.

    `bookings` are in the database, `anew` is the seconds in which a year of statistics was computed from all of them.
    """
    missed, lines = [], []
    if anew > LARGEST_SECONDS:
        missed.append("极限数据（全年统计重算）")
    for kind in KINDS:
        got = found[kind.title]
        mean, longest = target(kind, got)
        asked = got.count > 0 and got.failures == 0 and _within(got, kind.mean, kind.longest)
        if not asked:
            missed.append(kind.title)
        lines.append(
            f"| {kind.title} | {kind.row} | {_limit(kind)} | {mean:.1f} / {longest:.1f} | {got.count} |"
            f" {got.mean:.2f} | {got.p95:.2f} | {got.longest:.2f} | {got.bytes} |"
            f" {_yes(asked)} | {_yes(asked and _within(got, mean, longest))} |"
        )
    text = _TEXT.format(
        when=time.strftime("%Y-%m-%d %H:%M"),
        users=USERS,
        seconds=seconds,
        processors=os.cpu_count(),
        load=f"{os.getloadavg()[0]:.1f}",
        reference=REFERENCE_SECONDS,
        size=REFERENCE_BYTES,
        rows="\n".join(lines),
        bookings=f"{bookings:,}",
        anew=anew,
        largest=LARGEST_SECONDS,
        anew_met=_yes(anew <= LARGEST_SECONDS),
    )
    return text, missed


def _sum(rows: list[dict[str, str]]) -> Measured:
    count = sum(int(row["Request Count"]) for row in rows)
    if not count:
        return Measured(count=0, failures=0, mean=0, p95=0, longest=0, bytes=0)

    def weighted(column: str) -> float:
        return sum(float(row[column]) * int(row["Request Count"]) for row in rows) / count

    return Measured(
        count=count,
        failures=sum(int(row["Failure Count"]) for row in rows),
        mean=weighted("Average Response Time") / 1000,
        p95=max(float(row["95%"]) for row in rows) / 1000,
        longest=max(float(row["Max Response Time"]) for row in rows) / 1000,
        bytes=round(weighted("Average Content Size")),
    )


def _within(got: Measured, mean: float, longest: float) -> bool:
    return (not mean or got.mean <= mean) and (not longest or got.longest <= longest)


def _yes(good: bool) -> str:
    return "是" if good else "否"


def _limit(kind: Kind) -> str:
    parts = [f"平均 {kind.mean:g}" if kind.mean else "", f"最长 {kind.longest:g}" if kind.longest else ""]
    return "，".join(part for part in parts if part)


_TEXT = """# 性能报告

由 `python -m loadtest performance` 生成，请勿手改。它自建一个独立的区（26 家机构），用完即删。时间单位为秒。

{when}，{users} 个并发用户（居民看号 20、居民办事 25、区级工作人员 5），{seconds} 秒；
本机 {processors} 核，结束时负载 {load}；数据库、Redis、沙箱医院、中继和压测程序同在这台机器上。
库中有最近一年的 {bookings} 个预约。

## 依据（JA-PERF-01）

参照医保实时结算：一笔交易的应答以 {reference:g} 秒为准，搬动约 {size} 字节。各类操作的目标按搬动的数据量同比放大
（平均一次应答的字节数除以 {size}，不足一倍按一倍），最长为平均目标的三倍，且都不超过招标要求的上限。

| 操作 | 条目 | 要求上限 | 推算目标（平均 / 最长） | 次数 | 平均 | 95% | 最长 | 字节 | 达到要求 | 达到推算目标 |
|---|---|---|---|---|---|---|---|---|---|---|
{rows}

## 最大样本量（JA-PERF-06）

| 查询 | 样本 | 上限 | 用时 | 达到要求 |
|---|---|---|---|---|
| 从全部预约重算全区一年的逐日、逐小时统计 | {bookings} 个预约 | {largest} | {anew:.1f} | {anew_met} |

全年逐机构逐日导出与全年预约逐条查询（先计数再取页）在 50 个并发用户下的用时见上表“极限数据”一行。
"""
