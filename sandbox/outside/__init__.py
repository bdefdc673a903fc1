"""Parties beside the hospitals: payment, open platform, messages, the city's identity service."""

from __future__ import annotations

from pathlib import Path

from sandbox.app import Config, Site
from sandbox.control import Control
from sandbox.outside import city_identity, sms, wechat_open, wechat_pay


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The parties, each on its own port."""
    sites: list[Site] = []
    for party in (wechat_pay, wechat_open, sms, city_identity):
        sites += party.build(config, state, control)
    return sites
