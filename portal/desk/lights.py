"""The light of a hospital's connector: a colour, and words that say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.utils.translation import gettext

from hub import clock
from regional_services.statistics.selectors import HealthRow
from regional_services.synthetic.selectors import StateView
from tenants.registry import selectors as registry
from tenants.registry.selectors import InstitutionView

SKEW_LIMIT_MS = 30_000
STALE = timedelta(minutes=10)


class Health(Protocol):
    """What a light is made of."""

    @property
    def reachable(self) -> bool | None:
        """Whether the last probe was answered."""

    @property
    def calls(self) -> int:
        """Calls of the last quarter of an hour."""

    @property
    def failed(self) -> int:
        """Those that failed."""

    @property
    def unknown(self) -> int:
        """Asks whose outcome is not known."""

    @property
    def skew_ms(self) -> int | None:
        """How wrong its clock is."""


@dataclass(frozen=True, slots=True)
class Lit:
    """An institution with its light."""

    code: str
    name: str
    tone: str
    words: str


def light(health: Health) -> tuple[str, str]:
    """The colour and the words."""
    if health.reachable is False or (health.calls and health.failed == health.calls):
        return "bad", gettext("医院系统联系不上")
    if health.unknown:
        return "warn", gettext("%(unknown)s 条结果待核实") % {"unknown": health.unknown}
    if health.skew_ms is not None and abs(health.skew_ms) > SKEW_LIMIT_MS:
        return "warn", gettext("医院时钟相差 %(skew_ms)s 秒") % {"skew_ms": f"{health.skew_ms / 1000:.0f}"}
    if health.failed:
        return "warn", gettext("近 15 分钟 %(failed)s 次失败") % {"failed": health.failed}
    return ("ok", gettext("正常")) if health.calls or health.reachable else ("off", gettext("尚无往来"))


def lights(health: Mapping[str, HealthRow], visits: Mapping[str, StateView]) -> list[Lit]:
    """Every institution residents see, with its light as last looked at and visited. No query."""
    oldest = clock.now() - STALE
    return [
        Lit(view.code, view.short_name, *_of(view, health.get(view.code), visits.get(view.code), oldest))
        for view in registry.institutions()
        if view.is_shown
    ]


def _of(view: InstitutionView, row: HealthRow | None, visit: StateView | None, oldest: datetime) -> tuple[str, str]:
    """What a resident would meet comes first: the synthetic one's failure is red whatever else is green."""
    if view.is_suspended:
        return "off", gettext("已暂停")
    if visit is not None and visit.words:
        return "bad", visit.words
    if row is None or row.at < oldest:
        return "off", gettext("没有近况")
    if row.dead_letters:
        return "warn", gettext("%(dead_letters)s 条消息停止") % {"dead_letters": row.dead_letters}
    return light(row)
