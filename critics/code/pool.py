"""Pre-started sandboxes, shared by all critics of this process that want the same kind."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from modulo.critics.code.limits import Limits
from modulo.critics.code.sandbox import Isolation, Sandbox, SandboxDied
from modulo.critics.code.starting import Role, start_sandbox

__all__ = ["Kind", "close_sandboxes", "prepare_sandboxes", "sandboxes"]

_RECOVERY_SECONDS: Final = 5.0
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sandbox; those of one kind stand in for each other."""

    role: Role
    limits: Limits
    isolation: Isolation
    packages: tuple[str, ...] = ()


_IDLE: Final[dict[Kind, list[Sandbox]]] = {}
_PROVEN: Final[set[Kind]] = set()
"""Kinds of which one has started."""
_SLOTS: Final[RunVar[anyio.CapacityLimiter]] = RunVar("modulo_sandbox_slots")


@asynccontextmanager
async def sandboxes(*kinds: Kind) -> AsyncIterator[tuple[Sandbox, ...]]:
    """One idle sandbox of each kind, for one check. At most as many checks run at a time as there are cores.

    A check that still runs at the end is killed. A sandbox comes back only when nothing of its check is left.

    Raises:
        ModuloError: One cannot be started.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_slots())
        yield tuple([await stack.enter_async_context(_borrowed(kind)) for kind in kinds])


async def prepare_sandboxes(*kinds: Kind) -> None:
    """Start a sandbox of each kind that there was none of yet, and so see that it works here.

    Raises:
        ModuloError: There cannot.
    """
    missing = [kind for kind in dict.fromkeys(kinds) if kind not in _PROVEN]
    started: dict[Kind, Sandbox] = {}
    try:
        for kind in missing:
            started[kind] = await _started(kind)
        for kind, sandbox in started.items():
            await sandbox.wait_until_ready()
            _PROVEN.add(kind)
    finally:
        for kind, sandbox in started.items():
            _give_back(kind, sandbox)


def close_sandboxes() -> None:
    """End all idle sandboxes; later checks start new ones."""
    with _LOCK:
        idle = [sandbox for waiting in _IDLE.values() for sandbox in waiting]
        _IDLE.clear()
        _PROVEN.clear()
    for sandbox in idle:
        sandbox.close()


def _slots() -> anyio.CapacityLimiter:
    try:
        return _SLOTS.get()
    except LookupError:
        slots = anyio.CapacityLimiter(os.cpu_count() or 1)
        _SLOTS.set(slots)
        return slots


@asynccontextmanager
async def _borrowed(kind: Kind) -> AsyncIterator[Sandbox]:
    sandbox = await _idle_or_new(kind)
    try:
        yield sandbox
    finally:
        with anyio.CancelScope(shield=True):
            await _recover(kind, sandbox)


async def _idle_or_new(kind: Kind) -> Sandbox:
    while True:
        with _LOCK:
            waiting = _IDLE.get(kind)
            sandbox = waiting.pop() if waiting else None
        if sandbox is None:
            sandbox = await _started(kind)
            try:
                await sandbox.wait_until_ready()
            except BaseException:
                sandbox.close()
                raise
            _PROVEN.add(kind)
            return sandbox
        if sandbox.is_alive:
            return sandbox
        sandbox.close()


async def _started(kind: Kind) -> Sandbox:
    start = partial(start_sandbox, kind.role, kind.limits, kind.isolation, kind.packages)
    with anyio.CancelScope(shield=True):  # so that none is started that nobody knows of
        sandbox = await anyio.to_thread.run_sync(start)
    return sandbox  # noqa: RET504  types: the scope might have swallowed an exception


async def _recover(kind: Kind, sandbox: Sandbox) -> None:
    """Take a sandbox back, once its check is over; one that does not come clean is ended."""
    if sandbox.is_busy:
        sandbox.kill_check()
        try:
            with anyio.move_on_after(_RECOVERY_SECONDS):
                await sandbox.ended()
        except SandboxDied:
            pass
    if sandbox.is_busy or not sandbox.is_alive or not sandbox.serves_again:
        sandbox.close()
    else:
        _give_back(kind, sandbox)


def _give_back(kind: Kind, sandbox: Sandbox) -> None:
    with _LOCK:
        waiting = _IDLE.setdefault(kind, [])
        is_spare = kind not in _PROVEN or len(waiting) >= (os.cpu_count() or 1)
        if not is_spare:
            waiting.append(sandbox)
    if is_spare:
        sandbox.close()


def _forget_after_fork() -> None:
    """A forked process shares no sandbox with its parent."""
    _IDLE.clear()


atexit.register(close_sandboxes)
os.register_at_fork(after_in_child=_forget_after_fork)
