"""Who refers."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

REFER = permission("referrals.refer", "家庭医生转诊", roles=(Role.DOCTOR, Role.RECEPTION))
