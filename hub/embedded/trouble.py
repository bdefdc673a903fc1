"""Faults a person at the keyboard can mend: one clear line in Chinese and English, never a traceback."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path


class StartupError(RuntimeError):
    """Start-up can't go on; the text says what is wrong and what to do, in both languages."""

    def __init__(self, chinese: str, english: str) -> None:
        self.chinese = chinese
        self.english = english
        super().__init__(f"{chinese} / {english}")


NEEDED_BYTES = 1_500_000_000  # a fresh demo district takes about 900 MB


def port_taken(port: int, variable: str) -> StartupError:
    """Another program listens where we must."""
    return StartupError(
        f"端口 {port} 已被占用：请停止占用它的程序，或设置 {variable}=其他端口。",
        f"Port {port} is taken: stop the program that holds it, or set {variable} to another port.",
    )


def missing_tool(tool: str, remedy: str) -> StartupError:
    """A program we need is not on this machine."""
    return StartupError(f"缺少 {tool}：请执行 {remedy}。", f"{tool} is missing: run {remedy}.")


def disk_full(path: Path) -> StartupError:
    """No room left, or too little to begin."""
    return StartupError(
        f"磁盘空间不足：{path} 至少需要 {NEEDED_BYTES // 1_000_000} MB 可用空间。",
        f"Disk full: {path} needs at least {NEEDED_BYTES // 1_000_000} MB free.",
    )


def require_room(path: Path) -> None:
    """Refuse to begin on a disk that would fill up half-way."""
    if shutil.disk_usage(path).free < NEEDED_BYTES:
        raise disk_full(path)


def from_os_error(problem: OSError, path: Path) -> StartupError:
    """The clear line for an operating system error met while preparing `path`."""
    if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(path)
    if problem.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return StartupError(f"没有写权限：{problem.filename or path}。", f"Not writable: {problem.filename or path}.")
    return StartupError(f"操作系统报告错误：{problem}。", f"The operating system reports: {problem}.")
