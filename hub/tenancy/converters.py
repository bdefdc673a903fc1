"""Hospitals in paths: `path("hospitals/<hospital:code>/", ...)`."""

from __future__ import annotations

from hub.tenancy.errors import UnknownHospital
from hub.tenancy.registry import tenant


class HospitalConverter:
    """The code of a hospital there is; any other makes the path 404, without a query."""

    regex = "[a-z][a-z0-9]{1,19}"

    def to_python(self, value: str) -> str:
        """The code, looked up in the registry."""
        try:
            return tenant(value).code
        except UnknownHospital as problem:
            raise ValueError(value) from problem

    def to_url(self, value: str) -> str:
        """The code."""
        return value
