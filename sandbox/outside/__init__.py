"""Parties beside the hospitals: payment, open platform, messages, the city's identity service, other accounts."""

from __future__ import annotations

from pathlib import Path

from sandbox.app import Config, Site
from sandbox.control import Control
from sandbox.outside import (
    alipay,
    city_app,
    city_identity,
    data_foundation,
    entry_caller,
    health_card,
    insurer,
    internet_hospital,
    sms,
    support_platform,
    wechat_open,
    wechat_pay,
)

_PARTIES = {
    "wechat_pay": wechat_pay,
    "wechat_open": wechat_open,
    "sms": sms,
    "city_identity": city_identity,
    "support_platform": support_platform,
    "internet_hospital": internet_hospital,
    "entry_callers": entry_caller,
    "insurer": insurer,
    "health_card": health_card,
    "data_foundation": data_foundation,
    "alipay": alipay,
    "city_app": city_app,
}


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The parties that the configuration names, each on its own port."""
    sites: list[Site] = []
    for name, party in _PARTIES.items():
        if name in config.data:
            sites += party.build(config, state, control)
    return sites
