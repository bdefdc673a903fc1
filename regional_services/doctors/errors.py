"""Refusals of this app."""

from __future__ import annotations

from hub.errors import NotFound


class DoctorNotFound(NotFound):
    """No such practitioner, or none with a post residents see."""

    code = "doctors.not_found"
    text = "没有找到这位医生，可能已不在本区医院出诊。"
