"""Rate limits: token buckets in Redis, one per scope and caller.

A bucket holds `burst` tokens and gains `per_minute` of them; taking is one atomic script, so that many web processes
share one count. Scopes are named here; `settings.HUB_RATES` changes their figures without a release.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

from django.conf import settings
from redis.exceptions import RedisError

from hub import redis
from hub.errors import TooManyRequests, Unavailable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rate:
    """How much a scope allows."""

    per_minute: float
    burst: int


RATES: dict[str, Rate] = {
    "default": Rate(per_minute=600, burst=120),
    "public": Rate(per_minute=1200, burst=300),
    "institution": Rate(per_minute=6000, burst=600),
    "booking": Rate(per_minute=60, burst=20),
    "auth.code": Rate(per_minute=20, burst=30),
    "auth.token": Rate(per_minute=60, burst=60),
    "auth.staff": Rate(per_minute=30, burst=30),
    "provider": Rate(per_minute=12000, burst=3000),
    "reveal": Rate(per_minute=30, burst=30),
    "kiosk": Rate(per_minute=20, burst=30),
    "synthetic": Rate(per_minute=12000, burst=600),
}

GUARDED = frozenset({"auth.code", "auth.token", "auth.staff", "reveal", "kiosk"})
"""Scopes that protect a secret: without Redis they are closed, while all others go on unlimited."""

_TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local rate, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local held = redis.call('HMGET', KEYS[1], 't', 'n')
local tokens = tonumber(held[2]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(held[1]) or now)) * rate)
local wait = 0
if tokens >= cost then tokens = tokens - cost else wait = (cost - tokens) / rate end
redis.call('HSET', KEYS[1], 't', now, 'n', tokens)
redis.call('EXPIRE', KEYS[1], math.ceil(burst / rate) + 60)
return tostring(wait)
"""


def rate_of(scope: str) -> Rate:
    """The scope's figures, as configured: `HUB_RATES=auth.code=600/100,default=6000/600` (per minute / burst)."""
    override = settings.HUB_RATES.get(scope)
    if override is None:
        return RATES[scope]
    per_minute, _, burst = override.partition("/")
    return Rate(float(per_minute), int(burst))


def take(scope: str, subject: str, *, cost: int = 1) -> None:
    """Take from the bucket of `subject` (an account or an address); TooManyRequests says how long to wait."""
    rate = rate_of(scope)
    try:
        wait = redis.client().eval(
            _TAKE, 1, redis.key("rate", scope, subject), str(rate.per_minute / 60), str(rate.burst), str(cost)
        )
    except RedisError as problem:
        if scope in GUARDED:
            raise Unavailable from problem
        _log.warning("rate limits are off: Redis does not answer")
        return
    seconds = float(str(wait))
    if seconds > 0:
        raise TooManyRequests(retry_after=math.ceil(seconds))
