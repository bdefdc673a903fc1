"""A hospital of the hub whose connector leads to any of the sandbox's systems."""

from tests.connectors.conftest import outside

__all__ = ["outside"]
