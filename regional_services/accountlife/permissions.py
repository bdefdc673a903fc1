"""Who joins accounts for people who can't, and who may look at what was sealed."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

MERGE = permission("accountlife.merge", "合并居民重复账号", roles=(Role.OPERATIONS, Role.REVIEWER))
SEALED = permission("accountlife.sealed", "查看已注销账号的封存记录", roles=(Role.OPERATIONS,))
