"""Runs the hub's commands for a test without starting Django anew each time: loaded once, each command is a fork.

`python -m tests.recovery.steward SOCKET` serves. Run as a file with SOCKET and a command it is the client: output and
exit code are the command's own. `inside ...` runs a function of `tests.recovery.inside`.
"""

from __future__ import annotations

import array
import json
import os
import socket
import sys
import traceback

_FDS = 2


def ask(path: str, command: list[str]) -> int:
    """Have a command run with this process's own output."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        given = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [1, 2]))]
        line.sendmsg([json.dumps(command).encode()], given)
        return int(line.recv(16) or b"1")


def serve(path: str) -> None:
    """Take commands, one at a time or several at once, until killed."""
    import django  # noqa: PLC0415 - the client must not load it

    django.setup()
    from tests.recovery.inside import run  # noqa: PLC0415 - models may be imported now

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen(16)
        while True:
            line, _ = door.accept()
            if os.fork() == 0:
                code = 1
                try:
                    text, ancillary, _flags, _address = line.recvmsg(1 << 16, socket.CMSG_LEN(_FDS * 4))
                    fds = array.array("i", ancillary[0][2])
                    os.dup2(fds[0], 1)
                    os.dup2(fds[1], 2)
                    command = json.loads(text)
                    run(command)
                    code = 0
                except SystemExit as end:
                    code = end.code if isinstance(end.code, int) else 1
                except BaseException:  # noqa: BLE001 - the client is told by the exit code
                    traceback.print_exc()
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()
                    line.sendall(str(code).encode())
                    os._exit(code)
            line.close()
            while True:
                try:
                    if os.waitpid(-1, os.WNOHANG)[0] == 0:
                        break
                except ChildProcessError:
                    break


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(ask(sys.argv[1], sys.argv[2:]))
    serve(sys.argv[1])
