"""What a hospital may decide about its schedule in the hub, and what its own system decides (DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from institution_connectors.catalog import selectors as connectors
from tenants.registry import selectors as registry
from tenants.scheduling.errors import OwnedByHis

NAMES_ITS_TIME = frozenset({"rest_json", "hl7v2_mllp"})
"""Dialects whose registration says sequence and time, so that a number the hospital has never listed can be entered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The acts that are open here; `words` say what is not, and why."""

    extra: bool
    alter: bool
    shares: bool
    words: str

    def require_alter(self) -> None:
        """Refuse with OwnedByHis where the HIS keeps the schedule."""
        if not self.alter:
            raise OwnedByHis

    def require_extra(self) -> None:
        """The same for extra numbers: what the hospital's system can't be told of must be made there."""
        if not self.extra:
            raise OwnedByHis("加号请在医院系统中办理，平台会自动跟随。")


_HUB = Authority(extra=True, alter=True, shares=True, words="")
_LISTED = Authority(
    extra=False, alter=True, shares=True, words="本院接口只登记已列出的号：加号请在医院系统中办理，平台自动跟随。"
)
_HIS = Authority(
    extra=False,
    alter=False,
    shares=False,
    words="本院号源由医院系统分配：加号、替诊、改时间或诊室请在医院系统办理，平台自动跟随；这里可以停诊和设定放号时间。",
)


def authority(code: str) -> Authority:
    """What may be decided at this hospital. No query when warm."""
    if any(row.code == code and row.his_owns_numbers for row in registry.institutions()):
        return _HIS
    profile = connectors.profile_of(code)
    return _HUB if profile is None or profile.dialect in NAMES_ITS_TIME else _LISTED
