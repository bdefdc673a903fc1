"""Runs the day: see the package."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import logging
import random
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.day.doctors import Doctor
from sandbox.day.residents import Outside, Refused, Resident, adults

log = logging.getLogger("sandbox.day")
ACTS_PER_MINUTE = 20
ROUND_SECONDS = 12  # of a doctor, at pace 1


async def live(name: str, act: Callable[[random.Random], Awaitable[str]], dice: random.Random, pause: float) -> None:
    """Somebody's whole day; whatever is refused is written down and life goes on."""
    await asyncio.sleep(dice.uniform(0, pause))
    while True:
        try:
            log.info("%s %s", name, await act(dice))
        except Refused as refusal:
            log.info("%s refused: %s", name, refusal)
        except (aiohttp.ClientError, TimeoutError, json.JSONDecodeError) as trouble:
            log.warning("%s waits: %s", name, trouble)
            await asyncio.sleep(5)
        except Exception:
            log.exception("%s met the unexpected", name)
        await asyncio.sleep(dice.expovariate(1 / pause))


async def day(outside: Outside, posts: list[dict[str, Any]], residents: int, pace: float) -> None:
    """All residents and doctors until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if pace <= 0:
        await stop.wait()
        return
    pause = residents * 60 / (ACTS_PER_MINUTE * pace)
    dice = random.Random(20261120)
    nearby = tuple(str(post["hospital"]) for post in posts)
    limit = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=limit) as http, contextlib.AsyncExitStack() as rooms:
        lives = [
            asyncio.create_task(
                live(human.phone[-4:], Resident(human, http, outside, nearby=nearby).act, _own(dice), pause)
            )
            for human in itertools.islice(adults(), residents)
        ]
        for post in posts:
            doctor = Doctor(await rooms.enter_async_context(Doctor.browser()), outside.hub, **post)
            lives.append(asyncio.create_task(live(doctor.login_name, doctor.act, _own(dice), ROUND_SECONDS / pace)))
        await stop.wait()
        for task in lives:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*lives, return_exceptions=True)


def _own(dice: random.Random) -> random.Random:
    return random.Random(dice.random())


def main() -> None:
    """Read the sandbox's own configuration and live."""
    parser = argparse.ArgumentParser(description="A day in the district")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--residents", type=int, default=40)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    config = json.loads(options.config.read_text(encoding="utf-8"))
    host = config.get("host", "127.0.0.1")
    outside = Outside(
        hub=config["hub"]["url"].rstrip("/"),
        sms=f"http://{host}:{config['sms']['port']}",
        cashier=f"http://{host}:{config['wechat_pay']['port']}",
    )
    asyncio.run(day(outside, config.get("doctors", []), options.residents, options.pace))


if __name__ == "__main__":
    main()
