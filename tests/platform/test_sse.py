"""Event streams over a real ASGI server and a real Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.core import signing

from hub.redis import connect
from hub.sse import topics
from tests.harness.live import streaming
from tests.harness.outside import HOST, free_port


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running event-stream process."""
    with streaming(HOST, free_port(), tmp_path_factory.mktemp("sse") / "log") as address:
        yield address


def _listen(address: str) -> Iterator[str]:
    with httpx.stream("GET", address, timeout=10) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield from answer.iter_lines()


def _until(lines: Iterator[str], wanted: str) -> str:
    return next(line for line in lines if line.startswith(wanted))


def test_a_listener_is_told_what_is_published_on_its_topic(origin: str) -> None:
    lines = _listen(origin + topics.address("booking:1"))
    assert _until(lines, "event:") == "event: hello"
    for _ in range(40):  # the subscription to Redis stands a moment after the first answer
        topics.publish("booking:2", "other")
        topics.publish("booking:1", "changed", {"state": "confirmed", "name": "王小明"})
        time.sleep(0.05)
    assert _until(lines, "event:") == "event: changed"
    data = _until(lines, "data:")
    assert "confirmed" in data
    assert "王小明" not in data


@pytest.mark.parametrize(("topic", "words"), [(topics.DISTRICT_SCREEN, 2), ("booking:1", 6)])
def test_the_wall_screen_hears_the_first_and_the_last_of_many_words(
    topic: str, words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of each booking would be a message to every screen for each; a page of one booking hears each of its own."""
    monkeypatch.setattr(topics, "_gatherer", topics._Gatherer(1.0))  # six words are said in less than that
    event = f"figures-{uuid4().hex}"  # Redis has one room for all its databases: other workers speak in it too
    with connect(settings.HUB_REDIS_URL, socket_timeout=5, socket_connect_timeout=2).pubsub() as listener:  # type: ignore[no-untyped-call]
        listener.subscribe(topics.channel(topic))
        assert listener.get_message(timeout=5)["type"] == "subscribe"
        for _ in range(6):
            topics.tell(topic, event)
        assert _heard(listener, event, 1.3) == words
        topics.tell(topic, event)
        assert _heard(listener, event, 0.7) == 1, "after a pause the next is said at once"


def _heard(listener: Any, event: str, silence: float) -> int:
    """How often the word is heard until it has not been heard for so many seconds."""
    count, end = 0, time.monotonic() + silence
    while (left := end - time.monotonic()) > 0:
        message = listener.get_message(timeout=left)
        if message and event.encode() in message["data"]:
            count, end = count + 1, time.monotonic() + silence
    return count


@pytest.mark.parametrize("salt", ["", "another purpose"])
def test_an_address_that_was_not_signed_here_is_refused(origin: str, salt: str) -> None:
    token = signing.dumps("booking:1", salt=salt) if salt else "booking:1"
    assert httpx.get(f"{origin}/events/{token}").status_code == 403


def test_an_old_address_is_refused(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_600_000_000.0)
    address = topics.address("booking:1")
    monkeypatch.undo()
    assert httpx.get(origin + address).status_code == 403


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("http://localhost:8000", True),
        ("http://renmin.localhost:8000", True),
        ("http://evil.example", False),
        ("http://evillocalhost", False),
    ],
)
def test_only_our_own_pages_may_listen_across_origins(origin: str, page: str, allowed: bool) -> None:
    answer = httpx.get(f"{origin}/healthz", headers={"Origin": page})
    assert (answer.headers.get("access-control-allow-origin") == page) is allowed


def test_a_topic_is_a_plain_word() -> None:
    with pytest.raises(ValueError, match="not a topic"):
        topics.address("*")
