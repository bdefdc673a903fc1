"""What a role may be given around archives."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

CONTRACT = permission("patients.contract", "登记家庭医生签约", roles=(Role.RECEPTION, Role.HOSPITAL_MANAGER))
SEARCH = permission(
    "patients.search", "查找患者", roles=(Role.RECEPTION, Role.CASHIER, Role.HOSPITAL_MANAGER), emergency=True
)
