"""Who reviews identities, and who sees how many there are."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

REVIEW = permission("idverify.review", "审核居民实名", roles=(Role.REVIEWER,))
STATISTICS = permission("idverify.statistics", "查看实名审核统计", roles=(Role.REVIEWER, Role.OPERATIONS))
