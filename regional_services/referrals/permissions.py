"""Who refers, and who looks at what was referred."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

REFER = permission("referrals.refer", "家庭医生转诊", roles=(Role.DOCTOR, Role.RECEPTION))
VIEW = permission("referrals.view", "查看转诊名单", roles=(Role.DOCTOR, Role.RECEPTION, Role.HOSPITAL_MANAGER))
EXPORT = permission("referrals.export", "导出转诊名单", roles=(Role.RECEPTION, Role.HOSPITAL_MANAGER))
