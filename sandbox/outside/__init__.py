"""Parties beside the hospitals: payment, open platform, messages, the city's identity service, the staff platform."""

from __future__ import annotations

from pathlib import Path

from sandbox.app import Config, Site
from sandbox.control import Control
from sandbox.outside import (
    alipay,
    city_app,
    city_identity,
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
