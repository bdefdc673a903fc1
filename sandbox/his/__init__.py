"""Hospitals' own systems: one engine with a real system's rules, spoken to in several dialects."""

from __future__ import annotations

from pathlib import Path

from sandbox.app import BackgroundSite, Config, Site
from sandbox.control import Control
from sandbox.his import fhir_r4, hl7v2_mllp, rest_json, soap_xml
from sandbox.his.actions import Actions
from sandbox.his.dialect import Dialect
from sandbox.his.hospital import Hospital
from sandbox.his.life import Life

_ALL = (rest_json.DIALECT, soap_xml.DIALECT, hl7v2_mllp.DIALECT, fhir_r4.DIALECT)
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in _ALL}


def build(config: Config, state: Path, control: Control) -> list[Site]:
    """The hospitals of the configuration's list `hospitals`."""
    sites: list[Site] = []
    for entry in config.data.get("hospitals", []):
        hospital = Hospital(entry, host=config.host, hub_url=config.hub_url, state=state)
        sites += open_hospital(hospital, control)
    return sites


def open_hospital(hospital: Hospital, control: Control) -> list[Site]:
    """A hospital's books filled, its board on the control page; its ports and its background."""
    dialect = DIALECTS[hospital.dialect]
    hospital.engine.world.people()
    for snapshot in hospital.engine.roll():
        hospital.tell("schedule_snapshot", snapshot)
    hospital.ports = dialect.sites(hospital)
    hospital.store.backup_daily()  # with the tables of the dialect, if it has any
    actions = Actions(hospital)
    hospital.board.add_actions(*actions.all())
    control.add(hospital.board)
    life = Life(hospital, dialect, actions)
    return [
        *hospital.ports,
        BackgroundSite(f"life-{hospital.code}", life.run),
        BackgroundSite(f"push-{hospital.code}", life.push),
    ]
