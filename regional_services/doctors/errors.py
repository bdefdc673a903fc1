"""Refusals of this app."""

from __future__ import annotations

from hub.errors import Conflict, NotFound


class DoctorNotFound(NotFound):
    """No such practitioner, or none with a post residents see."""

    code = "doctors.not_found"
    text = "没有找到这位医生，可能已不在本区医院出诊。"


class ReminderNotFound(NotFound):
    """No such reminder of this account, or nothing to be reminded of."""

    code = "doctors.reminder_not_found"


class TooManyReminders(Conflict):
    """More than anybody follows."""

    code = "doctors.too_many_reminders"
    text = "有号提醒最多同时设 20 个，请先取消不需要的。"
