"""What tenancy refuses."""

from __future__ import annotations

from hub.errors import Conflict, HubError, NotFound, Unavailable


class UnknownHospital(NotFound):
    """No hospital answers to this code or host."""

    code = "tenancy.unknown_hospital"
    text = "没有找到这家医疗机构。"


class HospitalClosed(Unavailable):
    """The hospital's data are being restored or brought in step; what is wanted waits until it opens."""

    code = "tenancy.hospital_closed"
    text = "该机构正在恢复并核对数据，暂停办理，请稍后再试。已有的预约仍然有效。"


class ScopeMisuse(RuntimeError):
    """Our own code opened scopes in a way that could mix two worlds; never shown to a person."""


class UnsafeLogin(RuntimeError):
    """A login that PostgreSQL's isolation does not bind (superuser or BYPASSRLS) was configured."""


class ProvisioningFailed(HubError):
    """A schema could not be made or brought up to date; `detail` says which and why."""

    code = "tenancy.provisioning_failed"
    status = 500
    text = "机构数据空间的创建或升级没有完成。"


class HospitalMoving(Unavailable):
    """The hospital is being moved to another database: for less than a minute its rows may only be read."""

    code = "tenancy.hospital_moving"
    text = "该机构的数据正在搬迁，请一分钟后再试；已经办好的预约和付款不受影响。"


class LifeRefused(Conflict):
    """A hospital's life does not lead from where it stands to there."""

    code = "tenancy.life_refused"
    text = "该机构当前的状态不能这样变更，请刷新后重试。"
