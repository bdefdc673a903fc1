"""The event-stream process: a small ASGI application, so that waiting browsers hold no web thread.

It needs settings and logs but no application registry, and stays small for that.
"""

import os

from django.conf import settings

from hub.observability import logs
from hub.sse.app import EventStream

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
logs.configure(settings.LOGGING)
application = EventStream()
