"""What recovery refuses, and why a backup or a restore did not come to its end."""

from __future__ import annotations

from hub.errors import Conflict, HubError, NotFound


class BackupFailed(HubError):
    """A backup or a restore did not come to its end; the text says at what. Nothing half done counts as a backup."""

    code = "recovery.failed"
    status = 500
    text = "备份或恢复没有完成。"


class BackupDamaged(BackupFailed):
    """A backup does not read back as it was written."""

    code = "recovery.damaged"
    text = "备份文件校验失败，不能使用。"


class UnknownBackup(NotFound):
    """No such backup in the vault."""

    code = "recovery.unknown_backup"
    text = "没有找到这份备份。"


class NotConfirmable(Conflict):
    """It is not finished, or was never read back."""

    code = "recovery.not_confirmable"
    text = "这份备份还没有完成校验，不能确认。"


class CleanupRefused(Conflict):
    """A clean-up without a backup that reads back, or in the hours people need the hub."""

    code = "recovery.cleanup_refused"
    text = "清理没有执行。"
