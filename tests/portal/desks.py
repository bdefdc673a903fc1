"""Staff at their desks, signed in, with the fields of the forms they send."""

from __future__ import annotations

import json
from typing import Any

import redis
from django.conf import settings
from django.test import Client

from hub.security.roles import Role
from tests.accounts.people import StaffMember, make_staff
from tests.harness import environment
from tests.security.test_sealed import signed_in_browser


def desk_of(*roles: Role, hospital: str = "", login_name: str = "") -> Client:
    """A browser of a fresh member of staff, on his own host."""
    member = make_staff(login_name or f"{hospital or 'district'}.{roles[0]}", hospital=hospital, roles=roles)
    return browser_of(member)


def browser_of(member: StaffMember) -> Client:
    """A browser in which this member has signed in."""
    host = f"{member.hospital}.{environment.BASE_HOST}" if member.hospital else environment.BASE_HOST
    return signed_in_browser(member, host)


def text_of(answer: Any) -> str:
    """The page as text."""
    return str(answer.content.decode())


def sent_to_workers() -> list[str]:
    """The tasks that wait for a worker."""
    store = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    waiting = [message for queue in settings.CELERY_TASK_QUEUES for message in store.lrange(queue, 0, -1)]
    return [json.loads(message)["headers"]["task"] for message in waiting]
