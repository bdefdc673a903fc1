"""The web process."""

import os

from django.core.wsgi import get_wsgi_application

from hub import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
application = get_wsgi_application()
garbage.look_seldom()
