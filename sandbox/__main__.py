"""`python -m sandbox --state DIR --config FILE`: run the outside world until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from sandbox import control, his, outside
from sandbox.app import Config, Site, serve
from sandbox.control import Control


def main() -> int:
    """Read the arguments, build all parties, serve; 0 when told to end, 1 when a port can't be opened."""
    parser = argparse.ArgumentParser(prog="sandbox", description="The outside world of the hub.")
    parser.add_argument("--state", type=Path, required=True, help="directory for the parties' books")
    parser.add_argument("--config", type=Path, required=True, help="JSON file naming parties, ports and secrets")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    config = Config.read(arguments.config)
    arguments.state.mkdir(parents=True, exist_ok=True)
    board = Control()
    sites: list[Site] = []
    for party in (his, outside, control):
        sites += party.build(config, arguments.state, board)
    try:
        asyncio.run(serve(sites, lambda: logging.getLogger("sandbox").info("ready: %d sites", len(sites))))
    except OSError as problem:
        sys.stderr.write(f"sandbox: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
