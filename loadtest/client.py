"""A crowd of HTTP clients in one process: many connections, little work per request, every latency kept."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp


@dataclass
class Outcome:
    """What a crowd saw."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers per second that were not refused."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def errors(self) -> int:
        """Refused or failed requests."""
        return sum(self.refusals.values())

    def percentile(self, share: float) -> float:
        """A latency in milliseconds."""
        return percentile(self.latencies, share) * 1000

    def percentiles(self) -> str:
        """`p50 / p95 / p99` in milliseconds."""
        return " / ".join(f"{self.percentile(share):.0f}" for share in (0.50, 0.95, 0.99))

    def note(self, seconds: float, status: int, body: bytes) -> None:
        """One answer."""
        self.statuses[status] += 1
        if status < 400:
            self.latencies.append(seconds)
        else:
            self.refusals[f"{status} {_code(body)}"] += 1


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie (nearest rank)."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body).get("code", ""))
    except (ValueError, AttributeError):
        return body[:60].decode(errors="replace")


Job = Callable[[aiohttp.ClientSession], Awaitable[tuple[int, bytes]]]


def posting(url: str, token: str, body: dict[str, Any]) -> Job:
    """A POST under a key of its own."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": str(uuid.uuid4()),
        "Content-Type": "application/json",
    }
    data = json.dumps(body).encode()

    async def post(http: aiohttp.ClientSession) -> tuple[int, bytes]:
        async with http.post(url, data=data, headers=headers) as answer:
            return answer.status, await answer.read()

    return post


def getting(url: str, token: str = "") -> Job:
    """A GET."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def get(http: aiohttp.ClientSession) -> tuple[int, bytes]:
        async with http.get(url, headers=headers) as answer:
            return answer.status, await answer.read()

    return get


def crowd(jobs: Iterable[Job], *, clients: int, seconds: float | None = None) -> Outcome:
    """Work through the jobs with `clients` at a time, until they or the seconds are used up."""
    return asyncio.run(_crowd(iter(jobs), clients, seconds))


async def _crowd(jobs: Any, clients: int, seconds: float | None) -> Outcome:
    outcome = Outcome()
    async with _session() as http:
        started = time.monotonic()

        async def client() -> None:
            for job in jobs:
                await _do(http, job, outcome)
                if seconds is not None and time.monotonic() - started >= seconds:
                    return

        await asyncio.gather(*(client() for _ in range(clients)))
        outcome.seconds = time.monotonic() - started
    return outcome


def steadily(jobs: Sequence[Job], *, per_second: float) -> Outcome:
    """Send the jobs at a fixed pace, whether or not earlier ones were answered."""
    return asyncio.run(_steadily(jobs, per_second))


async def _steadily(jobs: Sequence[Job], per_second: float) -> Outcome:
    outcome = Outcome()
    async with _session() as http:
        started = time.monotonic()

        async def later(index: int, job: Job) -> None:
            await asyncio.sleep(max(0.0, started + index / per_second - time.monotonic()))
            await _do(http, job, outcome)

        await asyncio.gather(*(later(index, job) for index, job in enumerate(jobs)))
        outcome.seconds = time.monotonic() - started
    return outcome


async def _do(http: aiohttp.ClientSession, job: Job, outcome: Outcome) -> None:
    begun = time.monotonic()
    try:
        status, body = await job(http)
    except (aiohttp.ClientError, TimeoutError) as trouble:
        outcome.refusals[type(trouble).__name__] += 1
        return
    outcome.note(time.monotonic() - begun, status, body)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60), headers={"Host": "localhost"}
    )
