"""Ended sign-ins, known to every process at once: a sorted set in Redis over the truth in the database.

Only sign-ins whose tokens or sessions could still be alive are kept. When Redis lost the set (a marker is gone), it is
filled again from the database before anybody is believed.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from redis.exceptions import RedisError

from hub import clock, redis
from hub.accounts.models import SignIn
from hub.tenancy.scope import region

_SET = ("revoked", "sign_ins")
_MARKER = ("revoked", "loaded")


def announce(sign_in_id: UUID, until: datetime) -> None:
    """Tell every process that a sign-in has ended; forgotten once it would have expired anyway."""
    store = redis.client()
    store.zadd(redis.key(*_SET), {str(sign_in_id): until.timestamp()})
    store.zremrangebyscore(redis.key(*_SET), "-inf", clock.now().timestamp())


def is_ended(sign_in_id: UUID) -> bool:
    """Whether this sign-in was ended before its time."""
    store = redis.client()
    try:
        with store.pipeline(transaction=False) as pipe:
            pipe.exists(redis.key(*_MARKER))
            pipe.zscore(redis.key(*_SET), str(sign_in_id))
            loaded, score = pipe.execute()
        if not loaded:
            _load()
            score = store.zscore(redis.key(*_SET), str(sign_in_id))
    except RedisError:
        return _ended_in_database(sign_in_id)
    return score is not None


def _ended_in_database(sign_in_id: UUID) -> bool:
    with region(read_only=True):
        return SignIn.objects.filter(id=sign_in_id, ended_at__isnull=False).exists()


def _load() -> None:
    with region(read_only=True):
        ended = SignIn.objects.filter(ended_at__isnull=False, expires_at__gt=clock.now())
        scores = {str(sign_in_id): until.timestamp() for sign_in_id, until in ended.values_list("id", "expires_at")}
    store = redis.client()
    if scores:
        store.zadd(redis.key(*_SET), scores)
    store.set(redis.key(*_MARKER), "1")
