"""Who may run the checklist and take its certificate."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("conformance.view", "查看对接验收", roles=(Role.HOSPITAL_IT, Role.HOSPITAL_MANAGER))
RUN = permission("conformance.run", "运行对接验收、申请证书", roles=(Role.HOSPITAL_IT,))
