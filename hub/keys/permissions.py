"""Keys are policy, secrets agreed with somebody outside are settings: two administrators."""

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW_KEYS = permission("keys.view", "查看密钥与凭据清单", roles=(Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN))
ROTATE_KEYS = permission("keys.rotate", "轮换密钥", roles=(Role.SECURITY_ADMIN,))
REPLACE_SECRETS = permission("keys.replace_secrets", "更换对接凭据", roles=(Role.SYSTEM_ADMIN,))
