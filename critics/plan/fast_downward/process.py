"""Runs a program under limits on time and memory, and leaves nothing of it behind."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.abc

__all__ = ["run_limited"]

_LAUNCHER = Path(__file__).with_name("_limited_process.py")
_SECONDS_TO_END = 5.0
"""How long the launcher may take to kill and reap the program once its pipe is closed; it takes milliseconds."""


async def run_limited(
    command: Sequence[str],
    *,
    folder: Path,
    stdin: Path,
    log: Path,
    environment: Mapping[str, str],
    max_seconds: float,
    max_bytes: int,
) -> int | None:
    """Run a program in a session of its own and wait for its end.

    Cancelled or late, it is killed and reaped before this returns or raises. If this very process is killed, the
    program is too.

    Args:
        command: The program, by its full path, and its arguments.
        folder: Its working folder.
        stdin: What it reads.
        log: Takes what it prints.
        environment: All of its environment.
        max_seconds: Most wall-clock time, and a little more than most processor time.
        max_bytes: Most memory (on Linux), and the size that no file it writes passes.

    Returns:
        Its exit code, 128 and the signal's number if a signal ended it; None if it was late.
    """
    limits = [str(math.ceil(max_seconds)), str(max_bytes), str(stdin)]
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), *limits, *command]
    with log.open("ab") as output:
        with anyio.CancelScope(shield=True):  # so that no process is started that nobody knows of
            process = await anyio.open_process(
                launcher,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        try:
            with anyio.move_on_after(max_seconds):
                return await process.wait()
            return None
        finally:
            await _end(process)


async def _end(process: anyio.abc.Process) -> None:
    with anyio.CancelScope(shield=True):
        if process.returncode is None:
            # The launcher kills the program and, other than init in many a container, also reaps it.
            assert process.stdin is not None
            await process.stdin.aclose()
            with anyio.move_on_after(_SECONDS_TO_END):
                await process.wait()
        # What the program started in turn, and the launcher itself if it hangs. No other group can have this number
        # yet: numbers are not given again at once.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.aclose()
