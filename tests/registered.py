"""A person the city's register of the sandbox knows; the list is the sandbox's own, shown on its control page."""

from sandbox.outside.people import person

REGISTERED = person(42)
