"""What a role may be given around archives."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

SEARCH = permission(
    "patients.search", "查找患者", roles=(Role.RECEPTION, Role.CASHIER, Role.HOSPITAL_MANAGER), emergency=True
)
