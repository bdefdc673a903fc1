"""What a role may be given around the report of the night."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("nightly.view", "查看夜间报告", roles=(Role.HOSPITAL_IT,))
SET_CONTACT = permission("nightly.set_contact", "设定信息科联系人", roles=(Role.HOSPITAL_IT, Role.HOSPITAL_MANAGER))
