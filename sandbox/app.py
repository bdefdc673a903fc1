"""Composition: a configuration, a directory for books, a control board, and parties that open ports.

A party is a module with `build(config, state, control) -> list[Site]`. `build` reads its part of the configuration,
puts its `Board` (switches, actions, facts) on the control page, and returns the ports it wants opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

log = logging.getLogger("sandbox")


class Site(Protocol):
    """Something that runs from start to stop; a port, or work in the background."""

    name: str

    async def start(self) -> None:
        """Open; an `OSError` here ends the program with one clear line."""

    async def stop(self) -> None:
        """Close, within a second or two."""


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration file. Parties read their own section of `data`."""

    data: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Config:
        """The file at `path`, a JSON object."""
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise TypeError(f"{path} must hold a JSON object")
        return cls(data)

    @property
    def host(self) -> str:
        """The address all ports are opened on."""
        return str(self.data.get("host", "127.0.0.1"))

    @property
    def hub_url(self) -> str:
        """Where the hub's public interfaces are, without a slash at the end."""
        return str(self.data["hub"]["url"]).rstrip("/")

    def section(self, name: str) -> Mapping[str, Any]:
        """A party's own section; empty if the file has none."""
        section = self.data.get(name, {})
        if not isinstance(section, Mapping):
            raise TypeError(f"section {name!r} must be an object")
        return section


class HttpSite:
    """An aiohttp application on a port; it can be closed and opened again while the program runs."""

    def __init__(self, name: str, application: Callable[[], web.Application], host: str, port: int) -> None:
        self.name, self.host, self.port = name, host, port
        self._application = application
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Open the port; a second call does nothing."""
        if self._runner is not None:
            return
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port, reuse_address=True).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner

    async def stop(self) -> None:
        """Close the port and drop its connections."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()


class TcpSite:
    """A stream handler on a port, for dialects that are not HTTP; it can be closed and opened again."""

    def __init__(
        self,
        name: str,
        handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        host: str,
        port: int,
    ) -> None:
        self.name, self.host, self.port = name, host, port
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Open the port; a second call does nothing."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, self.host, self.port)

    async def stop(self) -> None:
        """Close the port and drop its connections."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError) as problem:
            log.debug("%s: connection ended: %s", self.name, problem)
        finally:
            self._open.discard(writer)
            writer.close()


class BackgroundSite:
    """A coroutine that runs until the program ends."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._work = work
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        await self._work()


async def serve(sites: list[Site], ready: Callable[[], None]) -> None:
    """Open all sites, say so, and run until the program is told to end; then close in reverse order."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    opened: list[Site] = []
    try:
        for site in sites:
            await site.start()
            opened.append(site)
        ready()
        await stop.wait()
    finally:
        for site in reversed(opened):
            await site.stop()
