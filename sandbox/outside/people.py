"""The fictional people of the district: the same list for every party, made by rule so that nobody real is in it.

Their numbers carry the region 310199, which was never given to a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

REGION = "310199"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = (
    *("建国", "秀英", "子涵", "伟", "芳", "浩然", "静怡", "志强", "雨桐", "明"),
    *("丽华", "俊杰", "欣妍", "国栋", "晓燕", "宇轩", "玉兰", "天佑", "思远", "海燕"),
    *("嘉宁", "文博", "淑珍", "一诺", "振华", "若曦", "永康", "佳琪", "云舒", "立新"),
)
_FIRST_BIRTH = date(1938, 3, 1)
_DAYS = 29_000


@dataclass(frozen=True, slots=True)
class Human:
    """A fictional person."""

    index: int
    name: str
    document_number: str
    phone: str


def person(index: int) -> Human:
    """The person with this place in the list."""
    born = _FIRST_BIRTH + timedelta(days=index * 7919 % _DAYS)
    body = f"{REGION}{born:%Y%m%d}{index % 1000:03d}"
    return Human(
        index=index,
        name=_SURNAMES[index * 7 % len(_SURNAMES)] + _GIVEN[index * 11 % len(_GIVEN)],
        document_number=body + check_character(body),
        phone=f"199{index:08d}",
    )


def check_character(body: str) -> str:
    """The last character of an 18-digit number (GB 11643, MOD 11-2)."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]
