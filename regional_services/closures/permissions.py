"""What a role may be given around closures."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

CLOSE = permission("closures.close", "全区紧急停诊", roles=(Role.OPERATIONS,))
