"""MLLP blocks out of any pieces of a stream."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from institution_connectors.adapters.hl7v2_mllp.errors import FramingError
from institution_connectors.adapters.hl7v2_mllp.framing import HEARTBEAT, BlockReader, block

_PAYLOADS = st.binary(max_size=200).filter(lambda data: b"\x0b" not in data and b"\x1c" not in data)


def read(*chunks: bytes, limit: int = 10_000) -> list[bytes]:
    reader = BlockReader(limit)
    found = []
    for chunk in chunks:
        reader.feed(chunk)
        found += list(reader.messages())
    return found


def test_a_block_in_single_bytes() -> None:
    assert read(*(bytes((byte,)) for byte in block("MSH|张三".encode()))) == ["MSH|张三".encode()]


def test_two_blocks_glued_and_the_start_of_a_third() -> None:
    assert read(block(b"one") + block(b"two") + b"\x0bthr", b"ee\x1c", b"\r") == [b"one", b"two", b"three"]


def test_an_end_mark_at_the_end_of_a_piece_waits_for_its_cr() -> None:
    reader = BlockReader()
    reader.feed(b"\x0babc\x1c")
    assert list(reader.messages()) == []
    assert reader.inside_block
    reader.feed(b"\r")
    assert list(reader.messages()) == [b"abc"]
    assert not reader.inside_block


def test_line_ends_between_blocks_and_heartbeats() -> None:
    assert read(b"\r\n" + HEARTBEAT + b"\n" + block(b"x")) == [b"", b"x"]


def test_an_unfinished_block_is_dropped_when_the_sender_begins_anew() -> None:
    reader = BlockReader()
    reader.feed(b"\x0bMSH|half" + block(b"whole"))
    assert list(reader.messages()) == [b"whole"]
    assert reader.discarded == 1


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"GET / HTTP/1.1\r\n", "byte 0x47 outside a block"),
        (b"\x0babc\x1cX", "end mark 0x1C followed by 0x58"),
        (block(b"ok") + b"tail", "byte 0x74 outside a block"),
        (b"\x0b" + b"a" * 20_000, "larger than 10000 bytes"),
        (block(b"a" * 10_001), "larger than 10000 bytes"),
    ],
)
def test_what_is_no_mllp_is_named(stream: bytes, reason: str) -> None:
    reader = BlockReader(10_000)
    reader.feed(stream)
    with pytest.raises(FramingError, match=reason):
        list(reader.messages())


def test_a_message_with_a_block_mark_is_not_sent() -> None:
    with pytest.raises(FramingError):
        block(b"a\x1cb")


@given(st.lists(_PAYLOADS, max_size=6), st.lists(st.integers(1, 40), max_size=60))
def test_every_cut_of_a_stream_gives_the_same_messages(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(block, payloads))
    chunks, position = [], 0
    for cut in cuts:
        chunks.append(stream[position : position + cut])
        position += cut
    chunks.append(stream[position:])
    assert read(*chunks) == payloads


@pytest.mark.control("CES1-20/32")
@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_end_in_messages_or_a_framing_error(stream: bytes, size: int) -> None:
    reader, found = BlockReader(100), []
    with contextlib.suppress(FramingError):
        for position in range(0, len(stream), size):
            reader.feed(stream[position : position + size])
            found += list(reader.messages())
    assert all(len(message) <= 100 for message in found)
