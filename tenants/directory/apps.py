"""Departments, doctors and code mappings of one hospital."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """Departments, doctors and code mappings of one hospital."""

    name = "tenants.directory"
    label = "directory"
    default_auto_field = "django.db.models.BigAutoField"
