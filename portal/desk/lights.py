"""The light of a hospital's connector: a colour, and words that say the same."""

from __future__ import annotations

from institution_connectors.exchange.selectors import Health

SKEW_LIMIT_MS = 30_000


def light(health: Health) -> tuple[str, str]:
    """The colour and the words."""
    if health.reachable is False or (health.calls and health.failed == health.calls):
        return "bad", "医院系统联系不上"
    if health.unknown:
        return "warn", f"{health.unknown} 条结果待核实"
    if health.skew_ms is not None and abs(health.skew_ms) > SKEW_LIMIT_MS:
        return "warn", f"医院时钟相差 {health.skew_ms / 1000:.0f} 秒"
    if health.failed:
        return "warn", f"近 15 分钟 {health.failed} 次失败"
    return ("ok", "正常") if health.calls or health.reachable else ("off", "尚无往来")
