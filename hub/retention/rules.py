"""Retention rules as code: each app's `keeping.py` says what it keeps, the least and the most the law allows, and why.

    BODIES = rule("exchange.bodies", "接口报文正文", days=30, least=7, basis="合同约定")

What may be kept how long is a reviewed declaration; the period in force is the administrator's (`services.change`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODE = re.compile(r"[a-z_]+\.[a-z_]+")
LONGEST = 100 * 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of data. Periods are days; `days` holds until an administrator sets another."""

    code: str
    title: str
    days: int
    least: int
    most: int
    basis: str


_registry: dict[str, Rule] = {}


def rule(code: str, title: str, *, days: int, least: int, basis: str, most: int = LONGEST) -> str:
    """Declare a rule and return its code for use as a constant."""
    if not _CODE.fullmatch(code) or not least <= days <= most:
        raise ValueError(f"retention rule {code!r} is not well declared")
    entry = Rule(code=code, title=title, days=days, least=least, most=most, basis=basis)
    if _registry.setdefault(code, entry) != entry:
        raise ValueError(f"retention rule {code!r} is declared twice")
    return code


def declared() -> dict[str, Rule]:
    """All rules by code, in the order of their codes."""
    return dict(sorted(_registry.items()))
