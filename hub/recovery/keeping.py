"""The backup policy: how long each kind of backup is kept; what was put aside before a clean-up is kept for years."""

from hub.retention.rules import rule

_BASIS = "《信息系统灾难恢复规范》与本区备份策略"
BACKUPS = {
    "cluster": rule("backup.cluster", "整库备份", days=35, least=7, basis=_BASIS),
    "objects": rule("backup.objects", "文件备份", days=35, least=7, basis=_BASIS),
    "hospital": rule("backup.hospital", "单家医院备份", days=90, least=7, basis=_BASIS),
}
CLEANUP = rule("backup.cleanup", "清理前的备份", days=1095, least=366, basis=_BASIS)
SPENT = rule("backup.spent", "清理前的备份（失效的登录凭证、可重算的数据）", days=35, least=7, basis=_BASIS)
