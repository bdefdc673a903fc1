"""Who reviews identities, and who sees how many there are."""

from __future__ import annotations

from hub.accounts.permissions import opens
from hub.security.permissions import permission
from hub.security.roles import Role

REVIEW = permission("idverify.review", "审核居民实名", roles=(Role.REVIEWER,))
OPEN = opens("idverify", permission("idverify.open", "查看实名申请的完整信息", roles=(Role.REVIEWER,)))
"""A reviewer compares what was filed with its photographs; patients of hospitals are closed to him."""
STATISTICS = permission("idverify.statistics", "查看实名审核统计", roles=(Role.REVIEWER, Role.OPERATIONS))
