"""What a hospital may decide about its schedule in the hub, and what its own system decides (DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from tenants.registry import selectors as registry
from tenants.scheduling.errors import OwnedByHis


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
        """The same for extra numbers: a number the HIS doesn't know can't be locked there."""
        if not self.extra:
            raise OwnedByHis("号源由医院系统分配，加号请在医院系统中办理，平台会自动跟随。")


_HUB = Authority(extra=True, alter=True, shares=True, words="")
_HIS = Authority(
    extra=False,
    alter=False,
    shares=False,
    words="本院号源由医院系统分配：加号、替诊、改时间或诊室请在医院系统办理，平台自动跟随；这里可以停诊和设定放号时间。",
)


def authority(code: str) -> Authority:
    """What may be decided at this hospital. No query when warm."""
    locked = any(row.code == code and row.his_owns_numbers for row in registry.institutions())
    return _HIS if locked else _HUB
