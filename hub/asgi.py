"""The event-stream process: a small ASGI application, so that waiting browsers hold no web thread."""

import os

import django

from hub.sse.app import EventStream

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
django.setup()
application = EventStream()
