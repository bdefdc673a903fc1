"""One masking rule for every screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.security import masking

TABLE: list[tuple[Callable[[str], str], str, str]] = [
    (masking.name, "张三", "张*"),
    (masking.name, "张小三", "张*三"),
    (masking.name, "欧阳小三", "欧*三"),
    (masking.name, "阿卜杜拉·买买提", "阿*提"),
    (masking.name, "𠮷田", "𠮷*"),
    (masking.name, "王", "*"),
    (masking.name, "John Smith", "Jo***"),
    (masking.name, "Li", "L***"),
    (masking.name, "  张三 ", "张*"),
    (masking.name, "", ""),
    (masking.document, "310106199001011234", "310***********1234"),
    (masking.document, "31010619900101123X", "310***********123X"),
    (masking.document, "310106900101123", "310*********123"),
    (masking.document, "E12345678", "E1***78"),
    (masking.document, "H12345678", "H1***78"),
    (masking.document, "123", "***"),
    (masking.phone, "13800001234", "138****1234"),
    (masking.phone, "+8613800001234", "138****1234"),
    (masking.phone, "021-61234567", "****567"),
    (masking.phone, "+85251234567", "****567"),
    (masking.phone, "12345", "*****"),
    (masking.card, "6222 0212 3456 7890", "****7890"),
    (masking.card, "123", "***"),
    (masking.address, "上海市静安区南京西路1号", "上海市静安区***"),
    (masking.address, "江苏省苏州市昆山市玉山镇2号", "江苏省苏州市***"),
    (masking.address, "云栖区梅坞路3号", "云栖区***"),
    (masking.address, "浙江省淳安县千岛湖镇", "浙江省淳安县***"),
    (masking.address, "某处", "某处***"),
    (masking.token, "oABCDEFGH12345", "oABC..."),
    (masking.token, "short", "..."),
]


@pytest.mark.parametrize(("rule", "value", "shown"), TABLE)
def test_masking(rule: Callable[[str], str], value: str, shown: str) -> None:
    assert rule(value) == shown


def test_the_birth_date_is_never_shown() -> None:
    for number in ("310106199001011234", "44030019000101123X", "310106900101123"):
        birth = number[6:14] if len(number) == 18 else number[6:12]
        assert not set(masking.document(number)[6 : 6 + len(birth)]) - {"*"}
        assert birth not in masking.document(number)
