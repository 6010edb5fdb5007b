"""A library at work in another interpreter, with a deadline for each problem."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

__all__ = ["PeerFailed", "PeerProcess"]

_PROGRAM = Path(__file__).with_name("strategy_peer.py")
_STARTING_SECONDS = 120.0
"""Imports, on a machine that is busy."""


class PeerFailed(RuntimeError):
    """It cannot be started, or ended on its own."""


class PeerProcess:
    """Presents answers of one setup; started when it is first asked, and anew after a deadline."""

    def __init__(self, python: Path, setup: str, log: IO[bytes]) -> None:
        self._command = [str(python), "-P", str(_PROGRAM), setup]
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def __enter__(self) -> PeerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stop()

    def present(self, run: Mapping[str, Any], *, max_seconds: float) -> Mapping[str, Any] | None:
        """``text``, ``score``, ``error`` and ``seconds``; None if the deadline passed, at which it is killed.

        Raises:
            PeerFailed: There is no answer and there will be none.
        """
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(run) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise PeerFailed(f"it ended with status {self._stop()}") from None
        try:
            line = self._lines.get(timeout=max_seconds)
        except queue.Empty:
            self._stop()
            return None
        if line is None:
            raise PeerFailed(f"it ended with status {self._stop()}")
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        self._lines = queue.SimpleQueue()
        self._process = process = subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=self._log, text=True, encoding="utf-8"
        )
        threading.Thread(target=_read, args=(process, self._lines), daemon=True).start()
        try:
            ready = self._lines.get(timeout=_STARTING_SECONDS)
        except queue.Empty:
            self._stop()
            raise PeerFailed(f"it was not ready within {_STARTING_SECONDS:.0f} s") from None
        if ready is None:
            raise PeerFailed(f"it cannot be started, and ended with status {self._stop()}")
        return process

    def _stop(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        status = process.wait()
        assert process.stdin is not None
        # What was not yet written is flushed on closing, to a reader that is gone.
        with suppress(BrokenPipeError):
            process.stdin.close()
        return status


def _read(process: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            lines.put(line)
    lines.put(None)
