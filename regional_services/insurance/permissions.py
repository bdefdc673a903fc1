"""Who sees how activations went."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("insurance.view", "查看医保凭证激活情况", roles=(Role.OPERATIONS,))
