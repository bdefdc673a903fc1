"""What a role may do with notices."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

PUBLISH = permission("announcements.publish", "发布与撤下公告", roles=(Role.OPERATIONS, Role.HOSPITAL_MANAGER))
