"""The HTTP client of everything that calls the outside.

Answers are unpacked here and never beyond `MAX_BYTES`: a small packed answer can't fill the memory (zip bomb).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

from hub.outgoing import policy

MAX_BYTES = 8 << 20
_PACKED = {"gzip": 31, "x-gzip": 31, "deflate": 47}
DEFAULT_LIMITS = httpx.Limits(max_connections=32, max_keepalive_connections=16)


def client(*, timeout: httpx.Timeout, limits: httpx.Limits = DEFAULT_LIMITS) -> httpx.Client:
    """A client that calls what the policy allows, follows no redirect, and knows no proxy of the environment."""
    return httpx.Client(
        transport=GuardedTransport(limits),
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
    )


class GuardedTransport(httpx.HTTPTransport):
    """httpx's own, with connections made by our backend and answers read through our measure."""

    def __init__(self, limits: httpx.Limits) -> None:
        super().__init__(limits=limits, trust_env=False)
        # httpx passes no backend on; the pool is the same as the one it has just made otherwise.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=GuardedBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, its body measured and unpacked."""
        answer = super().handle_request(request)
        coding = answer.headers.get("content-encoding", "identity").strip().lower()
        if coding != "identity" and coding not in _PACKED:
            answer.close()
            raise httpx.ReadError(f"an answer packed as {coding[:20]!r} is not read", request=request)
        if not isinstance(answer.stream, httpx.SyncByteStream):
            raise TypeError("an answer of this transport is read piece by piece")
        headers = [pair for pair in answer.headers.raw if pair[0].lower() not in (b"content-encoding",)]
        if coding in _PACKED:
            headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
        stream = Measured(answer.stream, request, _PACKED.get(coding))
        return httpx.Response(
            status_code=answer.status_code, headers=headers, stream=stream, extensions=answer.extensions
        )


class GuardedBackend(httpcore.SyncBackend):
    """Connects to the very address that was looked at: a name can't answer differently in between."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that answers; httpcore.ConnectError where the policy or nobody does."""
        failure: Exception | None = None
        try:
            addresses = policy.allowed(host, port)
        except OSError as problem:
            raise httpcore.ConnectError(str(problem)) from problem
        for address in addresses:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as problem:
                failure = problem
        raise failure or httpcore.ConnectError(f"no address for {host}")


class Measured(httpx.SyncByteStream):
    """A body that ends with httpx.ReadError when it grows beyond the limit, packed or not."""

    def __init__(self, inner: httpx.SyncByteStream, request: httpx.Request, packed: int | None) -> None:
        self._inner, self._request = inner, request
        self._packing = zlib.decompressobj(packed) if packed is not None else None

    def __iter__(self) -> Iterator[bytes]:
        left = MAX_BYTES
        for raw in self._inner:
            piece = self._unpacked(raw, left + 1)
            left -= len(piece)
            if left < 0:
                raise httpx.ReadError(f"the answer is larger than {MAX_BYTES} bytes", request=self._request)
            if piece:
                yield piece

    def close(self) -> None:
        """Give the connection back."""
        self._inner.close()

    def _unpacked(self, raw: bytes, most: int) -> bytes:
        if self._packing is None:
            return raw
        try:
            return self._packing.decompress(raw, most)
        except zlib.error as problem:
            raise httpx.ReadError("the answer can't be unpacked", request=self._request) from problem
