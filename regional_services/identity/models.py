"""Persons, identifiers, relations, consents."""
