"""The record of what was put aside, brought back and cleaned up. The files themselves lie in the vault."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7


class BackupKind(words.TextChoices):
    """What a backup holds."""

    CLUSTER = "cluster", "整库"
    OBJECTS = "objects", "对象文件"
    HOSPITAL = "hospital", "单家机构"


class BackupState(words.TextChoices):
    """Where a backup stands. REMOVED: its time was over, the file is gone, the record stays."""

    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"
    REMOVED = "removed", "已到期删除"


class Backup(models.Model):
    """One backup. `scope` is a hospital's code or `region`; sizes in bytes, `facts` as in the note beside the file."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField("种类", max_length=10, choices=BackupKind.choices)
    scope = models.CharField("范围", max_length=32)
    state = models.CharField("状态", max_length=8, choices=BackupState.choices, default=BackupState.RUNNING)
    started_at = models.DateTimeField("开始")
    ended_at = models.DateTimeField("结束", null=True)
    place = models.CharField("位置", max_length=200, blank=True, default="")
    size = models.BigIntegerField("字节数", default=0)
    sha256 = models.CharField("摘要", max_length=64, blank=True, default="")
    facts = models.JSONField("内容", default=dict)
    error = models.CharField("失败原因", max_length=300, blank=True, default="")
    made_by = models.CharField("执行者", max_length=60)
    keep_until = models.DateField("保留至")
    verified_at = models.DateTimeField("回读校验", null=True)
    confirmed_by = models.CharField("确认人", max_length=60, blank=True, default="")
    confirmed_at = models.DateTimeField("确认时间", null=True)

    class Meta:
        db_table = "recovery_backup"
        verbose_name = "备份"
        verbose_name_plural = "备份"
        indexes = [models.Index(fields=["kind", "scope", "-started_at"], name="ix_backup_newest")]


class DrillKind(words.TextChoices):
    """What was brought back."""

    CLUSTER = "cluster", "整库恢复到指定时间"
    HOSPITAL = "hospital", "单家机构恢复"
    CLEANUP = "cleanup", "清理备份恢复"


class Drill(models.Model):
    """One return of data, rehearsed or real: who, when, what was counted and checked, and who confirmed it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField("种类", max_length=10, choices=DrillKind.choices)
    scope = models.CharField("范围", max_length=32)
    rehearsal = models.BooleanField("演练")
    backup_id = models.UUIDField("备份")
    to_time = models.DateTimeField("恢复到", null=True)
    started_at = models.DateTimeField("开始")
    ended_at = models.DateTimeField("结束", null=True)
    done_by = models.CharField("执行人", max_length=60)
    steps = models.JSONField("步骤", default=list)
    counts = models.JSONField("计数", default=list)
    checks = models.JSONField("核对", default=list)
    ok = models.BooleanField("一致", null=True)
    confirmed_by = models.CharField("确认人", max_length=60, blank=True, default="")
    confirmed_at = models.DateTimeField("确认时间", null=True)

    class Meta:
        db_table = "recovery_drill"
        verbose_name = "恢复记录"
        verbose_name_plural = "恢复记录"
        indexes = [models.Index(fields=["-started_at"], name="ix_drill_newest")]


class CleanupState(words.TextChoices):
    """How far a clean-up has come. Only a READ_BACK one goes on to remove rows."""

    PUT_ASIDE = "put_aside", "已备份"
    READ_BACK = "read_back", "已核对"
    DONE = "done", "已清理"
    REFUSED = "refused", "已拒绝"
    EXPIRED = "expired", "备份已到期"


class Cleanup(models.Model):
    """One batch of rows past their time, and the object that holds them as they were (JA-SEC-06, -07)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField("清理项", max_length=40)
    scope = models.CharField("范围", max_length=32)
    table = models.CharField("表", max_length=45)
    blanked = models.JSONField("清空的列", default=list)
    rows = models.PositiveIntegerField("行数", default=0)
    state = models.CharField("状态", max_length=10, choices=CleanupState.choices)
    reason = models.CharField("说明", max_length=200, blank=True, default="")
    at = models.DateTimeField("时间")
    ended_at = models.DateTimeField("结束", null=True)
    keep_until = models.DateField("备份保留至", null=True)
    object_key = models.CharField("对象", max_length=200, blank=True, default="")
    content_type = models.CharField("类型", max_length=60, blank=True, default="")
    size = models.BigIntegerField("字节数", default=0)
    sha256 = models.CharField("摘要", max_length=64, blank=True, default="")
    suite = models.CharField("算法", max_length=20, blank=True, default="")
    wrapped_key = models.BinaryField("密钥", null=True)
    restored_at = models.DateTimeField("恢复时间", null=True)

    class Meta:
        db_table = "recovery_cleanup"
        verbose_name = "数据清理"
        verbose_name_plural = "数据清理"
        indexes = [models.Index(fields=["scope", "-at"], name="ix_cleanup_newest")]
