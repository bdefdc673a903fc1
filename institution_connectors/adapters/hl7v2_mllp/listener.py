"""The hub's ear for HL7: an asyncio server that keeps connections open and answers one message after the other.

It knows nothing of hospitals or databases: `answer` gets the bytes of a block and returns the blocks' contents to send
back. It blocks (it commits to a database), so it runs on threads; a connection waits for its own answer before its next
message is read, and the number of messages under way in all is bounded.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from institution_connectors.adapters.hl7v2_mllp.errors import FramingError
from institution_connectors.adapters.hl7v2_mllp.framing import HEARTBEAT, MAX_MESSAGE, BlockReader, block

log = logging.getLogger(__name__)
_CHUNK = 65536

Answer = Callable[[bytes, str], list[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """Where to listen and how long to bear with a sender. Times are seconds."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    workers: int = 8
    connections: int = 256
    block_timeout: float = 15.0
    idle_timeout: float = 600.0
    max_message: int = MAX_MESSAGE


class Listener:
    """Accepts connections until stopped."""

    def __init__(self, manners: Manners, answer: Answer) -> None:
        self._manners = manners
        self._answer = answer
        self._threads = ThreadPoolExecutor(manners.workers, thread_name_prefix="hl7")
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        """The port really listened on (it may have been asked for as 0)."""
        if self._server is None:
            raise RuntimeError("the listener is not open")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Open the port."""
        manners = self._manners
        self._server = await asyncio.start_server(self._serve, manners.host, manners.port, ssl=manners.tls)
        log.info("listening for HL7", extra={"peer": manners.host, "port": self.port})

    async def stop(self) -> None:
        """Close the port, let answers under way be sent, drop the connections."""
        if self._server is None:
            return
        self._server.close()
        await asyncio.to_thread(self._threads.shutdown, wait=True)
        for writer in list(self._open):
            writer.close()
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = str((writer.get_extra_info("peername") or ("?",))[0])
        if len(self._open) >= self._manners.connections:
            log.warning("HL7: too many connections, one is turned away", extra={"peer": peer})
            writer.close()
            return
        self._open.add(writer)
        try:
            await self._converse(reader, writer, peer)
        except FramingError as problem:
            log.warning("HL7: a sender does not speak MLLP", extra={"peer": peer, "reason": str(problem)})
        except TimeoutError:
            log.info("HL7: a connection closed after silence", extra={"peer": peer})
        except ConnectionError as problem:
            log.info("HL7: a connection ended", extra={"peer": peer, "failure": type(problem).__name__})
        finally:
            self._open.discard(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> None:
        blocks = BlockReader(self._manners.max_message)
        loop = asyncio.get_running_loop()
        while True:
            patience = self._manners.block_timeout if blocks.inside_block else self._manners.idle_timeout
            data = await asyncio.wait_for(reader.read(_CHUNK), patience)
            if not data:
                return
            blocks.feed(data)
            for message in blocks.messages():
                if not message:
                    writer.write(HEARTBEAT)
                    continue
                for answer in await loop.run_in_executor(self._threads, self._answer, message, peer):
                    writer.write(block(answer))
            await writer.drain()
