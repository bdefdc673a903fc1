"""Who reads flags, who protects a person, who may break the glass."""

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW_FLAGS = permission("vigilance.flags", "查看和处理安全提醒", roles=(Role.SECURITY_ADMIN,))
PROTECT = permission("vigilance.protect", "把患者列为重点保护", roles=(Role.HOSPITAL_MANAGER,))
BREAK_GLASS = permission("vigilance.break_glass", "紧急情况下临时查看患者", roles=(Role.DOCTOR, Role.PHARMACIST))
