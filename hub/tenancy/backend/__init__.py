"""The database backend of the hub: django-tenants' without its search_path handling (kernel decision 1)."""
