"""Manual review of identity cards."""

from django.apps import AppConfig


class IdVerifyConfig(AppConfig):
    """Manual review of identity cards."""

    name = "regional_services.idverify"
    label = "idverify"
    default_auto_field = "django.db.models.BigAutoField"
