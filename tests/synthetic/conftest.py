"""The district of the flow tests on a real port: the synthetic resident is a client of it like any other."""

from tests.portal.conftest import district, his_program, parties_program, site

__all__ = ["district", "his_program", "parties_program", "site"]
