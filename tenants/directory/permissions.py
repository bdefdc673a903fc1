"""What a role may be given around departments and doctors."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission(
    "directory.view", "查看科室与医生", roles=(Role.RECEPTION, Role.DOCTOR, Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT)
)
