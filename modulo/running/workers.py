"""Worker processes for critics that must be stoppable or that would block the event loop for long.

A worker gets critics, problems and candidates from us, pickled, and answers in JSON: what comes back is read
as data, never unpickled. Workers are shared by the runs of an event loop and gone with the last of them. A
worker whose call is cancelled or late is killed, with every process that it started.
"""

from __future__ import annotations

import json
import os
import pickle
import secrets
import signal
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import anyio
import anyio.abc
from anyio.lowlevel import RunVar

from modulo.clock import Clock
from modulo.critique import Critique, critique_from_json
from modulo.protocols import Critic
from modulo.running.deadline import within_deadline

__all__ = ["WorkerPool", "worker_pool"]

CALL_ID_BYTES: Final = 16
"""Each call begins with so many random bytes, which come back in hexadecimal with each of its answers."""
_HEADER: Final = struct.Struct(">Q")
_POOL: RunVar[WorkerPool | None] = RunVar("modulo_worker_pool", default=None)


class WorkerDied(RuntimeError):
    """A worker process ended, or talked nonsense, in the middle of a call."""


class WorkerPool:
    """Worker processes of one event loop, started when needed, at most one a core."""

    def __init__(self) -> None:
        self.users = 0
        self._idle: list[_Worker] = []
        # Nobody writes to this pipe. Each worker holds the reading end and so finds out when we are gone.
        self._lifeline, self._our_end = os.pipe()
        self._slots = anyio.CapacityLimiter(os.cpu_count() or 1)

    async def critique(
        self, critic: Critic[Any, Any], args: tuple[Any, ...], *, clock: Clock, max_seconds: float | None
    ) -> Critique:
        """Run a critic's ``critique`` in a worker.

        Args:
            critic: The critic.
            args: What it reads.
            clock: For the deadline.
            max_seconds: Deadline of the critic's own work; waiting for a worker does not count.

        Raises:
            WorkerDied: The worker ended in the middle.
            TimeoutError: The deadline passed.
            RuntimeError: The critic raised; the message is its exception's.
        """
        call = pickle.dumps((critic, args))
        async with self._slots:
            worker = await self._worker()
            try:
                answer = await worker.begin(call)
                if "begins" in answer:
                    answer = await within_deadline(worker.answer, clock=clock, max_seconds=max_seconds)
                critique = None if "error" in answer else critique_from_json(answer)
            except BaseException:  # one that is late or talks nonsense serves no other call
                await worker.kill()
                raise
            self._idle.append(worker)
        if critique is None:
            raise RuntimeError(str(answer["error"]))
        return critique

    async def _worker(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            await worker.kill()  # something ended it while it waited, which is no fault of the next critic
        return await _Worker.start(self._lifeline)

    async def close(self) -> None:
        """Kill all workers."""
        idle, self._idle = self._idle, []
        for worker in idle:
            await worker.kill()
        os.close(self._lifeline)
        os.close(self._our_end)


@asynccontextmanager
async def worker_pool() -> AsyncIterator[WorkerPool]:
    """The event loop's pool, for as long as a run uses it. The last user closes it."""
    pool = _POOL.get()
    if pool is None:
        pool = WorkerPool()
        _POOL.set(pool)
    pool.users += 1
    try:
        yield pool
    finally:
        pool.users -= 1
        if pool.users == 0:
            _POOL.set(None)
            with anyio.CancelScope(shield=True):
                await pool.close()


class _Worker:
    """One worker process."""

    def __init__(self, process: anyio.abc.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._buffer = bytearray()
        self._call_id = b""

    @classmethod
    async def start(cls, lifeline: int) -> _Worker:
        with anyio.CancelScope(shield=True):  # so that no process is started that nobody knows of
            process = await anyio.open_process(
                [sys.executable, "-m", "modulo.running.worker_main", str(lifeline)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None,
                start_new_session=True,
                pass_fds=(lifeline,),
            )
        worker = cls(process)
        try:
            await worker._send(json.dumps(_surroundings()).encode())
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def begin(self, call: bytes) -> dict[str, Any]:
        """Hand over a call; returns when its critic begins, or cannot be loaded."""
        self._call_id = secrets.token_bytes(CALL_ID_BYTES)
        await self._send(self._call_id + call)
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        try:
            answer = json.loads(await self._receive())
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, ValueError) as error:
            raise WorkerDied("its worker process ended in the middle of the call") from error
        # Without the id of this very call, it is a late answer to another one, or a critic wrote it.
        if not isinstance(answer, dict) or answer.get("call") != self._call_id.hex():
            raise WorkerDied("its worker process answered nonsense")
        return answer

    async def kill(self) -> None:
        """Kill the process and everything that it started, and reap it."""
        with anyio.CancelScope(shield=True):
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                # Only here, since it polls the process: that could reap it before the event loop's watcher.
                with suppress(ProcessLookupError):
                    self._process.kill()
            await self._process.aclose()

    async def _send(self, payload: bytes) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # the missing answer will tell
            await self._stdin.send(_HEADER.pack(len(payload)) + payload)

    async def _receive(self) -> bytes:
        (length,) = _HEADER.unpack(await self._exactly(_HEADER.size))
        return await self._exactly(length)

    async def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._buffer += await self._stdout.receive(65536)
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken


def _surroundings() -> dict[str, Any]:
    """What a worker needs to import the modules that critics are defined in."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    return {
        "path": sys.path,
        "argv": sys.argv,
        "main_module": getattr(spec, "name", None),
        "main_file": None if spec else getattr(main, "__file__", None),
    }
