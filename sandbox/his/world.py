"""Departments, doctors and sessions of a made-up hospital, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from sandbox.his.clock import at
from sandbox.his.store import Store

SLOT_MINUTES = 30
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾萧田董潘袁蔡蒋余于杜叶程苏魏吕丁任沈姚卢傅钟姜"
)
_GIVEN = "明华建国志强伟丽敏静洁文斌晓东海燕春梅秀兰玉英佳怡思远子涵若曦景行书瑶安然修齐雨桐雪峰慧君一鸣"
_DEPARTMENTS: dict[str, list[tuple[str, str, str]]] = {
    "general": [
        ("0301", "内科", "A03"), ("0302", "心血管内科", "A03.04"), ("0303", "呼吸内科", "A03.01"),
        ("0304", "消化内科", "A03.02"), ("0305", "内分泌科", "A03.07"), ("0401", "普外科", "A04.01"),
        ("0403", "骨科", "A04.03"), ("0501", "妇科", "A05.01"), ("0701", "儿科", "A07"), ("1001", "眼科", "A10"),
        ("1101", "耳鼻咽喉科", "A11"), ("1301", "皮肤科", "A13.01"), ("5001", "中医科", "A50"),
    ],
    "tcm": [
        ("5001", "中医内科", "A50.01"), ("5002", "中医外科", "A50.02"), ("5003", "中医妇科", "A50.03"),
        ("5004", "中医儿科", "A50.04"), ("5010", "针灸科", "A50.11"), ("5011", "推拿科", "A50.12"),
        ("5012", "中医骨伤科", "A50.08"),
    ],
    "mental": [("1501", "精神科", "A15.01"), ("1504", "临床心理科", "A15.04"), ("1503", "儿少心理科", "A15.03")],
    "dental": [("1201", "口腔内科", "A12.01"), ("1202", "口腔颌面外科", "A12.02"), ("1203", "正畸科", "A12.03")],
    "eye": [("1001", "眼科", "A10"), ("1002", "视光门诊", "A10")],
    "rehabilitation": [("2101", "康复医学科", "A21"), ("0301", "内科", "A03"), ("5010", "针灸科", "A50.11")],
    "community": [
        ("0201", "全科医学科", "A02"), ("5001", "中医科", "A50"), ("0701", "儿童保健科", "A09"),
        ("1201", "口腔科", "A12"), ("5801", "预防接种门诊", "A01"),
        ("5802", "健康体检中心", "A01"),
    ],
}  # fmt: skip
CLASSES: dict[str, tuple[str, int]] = {
    "01": ("普通", 1400),
    "02": ("副主任医师", 2000),
    "03": ("主任医师", 2500),
    "10": ("急诊", 2200),
}
# What a hospital keeps for the hub's synthetic resident: no fee, no doctor, nobody else is told of it.
RESERVED_CLASS = "99"
CLASS_NAMES = {**{code: name for code, (name, _fee) in CLASSES.items()}, RESERVED_CLASS: "巡检"}
_FEES = {**{code: fee for code, (_name, fee) in CLASSES.items()}, RESERVED_CLASS: 0}
_TITLES = {"01": "主治医师", "02": "副主任医师", "03": "主任医师"}
_PERIODS = {"am": (time(8, 0), time(11, 30)), "pm": (time(13, 30), time(16, 30))}
_EVENING = {"night": (time(17, 0), time(23, 30))}  # so that somebody comes also to a demonstration after work


class World:
    """Fills the books of a hospital: once with people, then day by day with sessions."""

    def __init__(
        self,
        store: Store,
        *,
        code: str,
        seed: int,
        kind: str,
        doctors: int,
        days: int,
        per_slot: int,
        reserved: str = "",
        evening: bool = False,
    ) -> None:
        self._store = store
        self._code, self._seed, self._kind = code, seed, kind
        self._doctors, self._per_slot, self._reserved = doctors, per_slot, reserved
        self._evening = evening
        self.days = days

    def people(self) -> None:
        """Departments and doctors, unless the books have them already."""
        if self._store.number("SELECT count(*) FROM departments"):
            return
        rng = random.Random(f"{self._seed}:{self._code}:people")
        with self._store.work():
            for floor, (code, name, insurance) in enumerate(_DEPARTMENTS[self._kind], start=1):
                self._store.run(
                    "INSERT INTO departments VALUES (?,?,?,?,?,?,?)",
                    code, name, "", "本部", f"门诊楼{floor // 3 + 1}层{code[-2:]}诊区", insurance, f"{name}门诊。",
                )  # fmt: skip
                for number in range(1, self._doctors + 1):
                    self._doctor(rng, code, name, number)
            if self._reserved:
                self._keep_for_the_hub(self._reserved)

    def _keep_for_the_hub(self, code: str) -> None:
        self._store.run(
            "INSERT INTO departments VALUES (?,?,?,?,?,?,?)", code, "平台巡检", "", "本部", "", "", "不接诊患者。"
        )
        self._store.run(
            "INSERT INTO doctors VALUES (?,?,?,?,?,?,?,?,?,?)",
            f"{code}01", "平台巡检", "", "0", code, "", "", "", 1, RESERVED_CLASS,
        )  # fmt: skip

    def _doctor(self, rng: random.Random, department: str, department_name: str, number: int) -> None:
        rota = number == 1
        class_code = "01" if rota else rng.choice(["01", "02", "03"])
        name = f"{department_name}普通门诊" if rota else rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, 2))
        self._store.run(
            "INSERT INTO doctors VALUES (?,?,?,?,?,?,?,?,?,?)",
            f"{department}{number:02d}", name, "" if rota else _TITLES[class_code], "0" if rota else rng.choice("12"),
            department, "" if rota else f"D3101{rng.randrange(10**8):08d}",
            f"{department_name}常见病、多发病的诊治。", "", int(rota), class_code,
        )  # fmt: skip

    def roll(self, today: date) -> list[date]:
        """Make the sessions of days not made yet, up to `days` ahead; the new days."""
        made = [today + timedelta(days=ahead) for ahead in range(self.days)]
        have = {row["day"] for row in self._store.all("SELECT DISTINCT day FROM schedules WHERE day >= ?", str(today))}
        new = [day for day in made if str(day) not in have]
        for day in new:
            with self._store.work():
                self._day(day)
        return new

    def _day(self, day: date) -> None:
        doctors = self._store.all(
            "SELECT d.*, p.place, p.campus FROM doctors d JOIN departments p ON p.code = d.department_code"
        )
        for doctor in doctors:
            for period in self._periods(doctor, day):
                self._session(doctor, day, period)

    def _periods(self, doctor: dict[str, Any], day: date) -> Iterator[str]:
        rng = random.Random(f"{self._seed}:{self._code}:{doctor['code']}:{day}")
        for period in _PERIODS:
            if doctor["rota"]:
                if period == "am" or day.weekday() < 5:
                    yield period
            elif day.weekday() < 6 and rng.random() < 0.4:
                yield period
        if self._evening and doctor["code"] == f"{_DEPARTMENTS[self._kind][0][0]}01":
            yield from _EVENING

    def _session(self, doctor: dict[str, Any], day: date, period: str) -> None:
        first, last = (at(day, bound) for bound in {**_PERIODS, **_EVENING}[period])
        code = f"{day:%Y%m%d}{period.upper()}{doctor['code']}"
        fee = _FEES[doctor["class_code"]]
        self._store.run(
            "INSERT INTO schedules (code, department_code, doctor_code, day, period, starts, ends, class_code, fee_fen,"
            " state, campus, place) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            code, doctor["department_code"], doctor["code"], str(day), period, first.isoformat(), last.isoformat(),
            doctor["class_code"], fee, "open", doctor["campus"], doctor["place"],
        )  # fmt: skip
        rows, sequence, start = [], 0, first
        while start < last:
            end = start + timedelta(minutes=SLOT_MINUTES)
            for _ in range(self._per_slot):
                sequence += 1
                rows.append(
                    (f"{code}-{sequence:02d}", code, sequence, start.isoformat(), end.isoformat(), "free", None)
                )
            start = end
        self._store.run_many("INSERT INTO numbers VALUES (?,?,?,?,?,?,?)", rows)
