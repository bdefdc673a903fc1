"""What can go wrong with an object."""

from __future__ import annotations

from hub.errors import HubError, Unavailable


class ObjectMissing(HubError):
    """There is no such object."""

    code = "storage.missing"
    status = 404
    text = "文件不存在。"


class ObjectExists(HubError):
    """An object is written once; a new version takes a new key."""

    code = "storage.exists"
    status = 409
    text = "文件已存在，不能覆盖。"


class ObjectDamaged(HubError):
    """What came back is not what was stored; nothing of it may be used."""

    code = "storage.damaged"
    status = 500
    text = "文件校验失败，请联系管理员。"


class StorageUnavailable(Unavailable):
    """The object store does not answer."""

    code = "storage.unavailable"
    text = "文件服务暂时不可用，请稍后再试。"
