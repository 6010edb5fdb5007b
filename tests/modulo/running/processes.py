"""Sees which processes are there."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import anyio
import psutil


def descendants() -> set[int]:
    """Ids of all processes that this one started, directly or not, and that still run."""
    return {child.pid for child in psutil.Process().children(recursive=True) if is_running(child.pid)}


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def seconds_until_gone(pids: Iterable[int], *, at_most: float = 5.0) -> float:
    """How long it takes until none of some processes runs any more; at_most if that does not happen."""
    started = time.monotonic()
    while any(map(is_running, pids)):
        if time.monotonic() - started > at_most:
            return at_most
        time.sleep(0.001)
    return time.monotonic() - started


async def pids_in(folder: Path) -> list[int]:
    """The process ids that a critic leaves in a folder, as soon as they are there."""
    with anyio.fail_after(30):
        while not (folder / "pids").exists():
            await anyio.sleep(0.005)
    return [int(pid) for pid in (folder / "pids").read_text().split()]
