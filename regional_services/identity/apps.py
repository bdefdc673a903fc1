"""Persons, identifiers, relations, consents."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Persons, identifiers, relations, consents."""

    name = "regional_services.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"
