"""One started sandbox, as its starter sees it: descriptors in, how it ended out."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import anyio

from modulo.critics.code.bubblewrap import INSTALL_HINT
from modulo.critics.code.inside.zygote import ENDED, KILL, RUN
from modulo.critics.code.watching import child_of
from modulo.errors import ConfigurationError, ModuloError

__all__ = ["Ended", "Isolation", "Sandbox", "SandboxDied", "SandboxUnusable", "unusable"]

Isolation: TypeAlias = Literal["bubblewrap", "container", "none"]

_START_SECONDS: Final = 20.0
_SETUP_FAILED: Final = 253


class SandboxUnusable(ConfigurationError):
    """No sandbox can be started here; the message says what to do."""


class SandboxDied(ModuloError, RuntimeError):
    """A sandbox ended in the middle of a check, which is no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a check's process ended.

    Attributes:
        code: Exit code; 128 and the number of the signal that killed it.
        cpu_seconds: CPU time of all its processes, except those that were still there at its end.
        memory_mb: The most memory that one of its processes had, in MiB.
    """

    code: int
    cpu_seconds: float
    memory_mb: float

    @property
    def was_confined(self) -> bool:
        """Whether it was confined, so that it began at all."""
        return self.code != _SETUP_FAILED


class Sandbox:
    """A zygote in its sandbox (``inside.zygote``). It runs one check at a time, and any number one after another.

    It belongs to no event loop. It ends when its control socket is closed, as it is when this process ends.

    Args:
        process: Its outermost process.
        control: The socket to its zygote.
        errors: An open file with what it says when it does not start.
        isolation: What isolates it.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], control: socket.socket, errors: int, isolation: Isolation
    ) -> None:
        self._process = process
        self._control = control
        self._errors = errors
        self._isolation = isolation
        self._owner = os.getpid()
        self._zygote: int | None = None
        self.is_busy = False
        """Whether a check has begun whose end nobody has read."""

    @property
    def serves_again(self) -> bool:
        """Whether nothing of a check is left after it, so that the sandbox can serve the next one."""
        return self._isolation != "container"

    @property
    def zygote(self) -> int:
        """Process id of the zygote, whose children are the check that runs; in a container, of nothing of use."""
        if self._zygote is None:
            self._zygote = self._process.pid if self._isolation == "none" else child_of(self._process.pid)
        return self._zygote or 0

    @property
    def is_alive(self) -> bool:
        """Whether it can run another check."""
        return self._process.poll() is None

    async def wait_until_ready(self) -> None:
        """Wait until it can run checks.

        Raises:
            SandboxUnusable: It cannot.
        """
        answer = b""
        with anyio.move_on_after(_START_SECONDS), contextlib.suppress(SandboxDied):
            answer = await self._receive(1)
        if answer != b"!":
            raise unusable(self._errors)

    def run(self, fds: Sequence[int]) -> None:
        """Begin a check with copies of some descriptors.

        Raises:
            SandboxDied: It has ended.
        """
        try:
            socket.send_fds(self._control, [RUN], fds)
        except OSError as error:
            raise SandboxDied("the sandbox has ended") from error
        self.is_busy = True

    def kill_check(self) -> None:
        """Kill the check that runs, if one does."""
        with contextlib.suppress(OSError):  # the sandbox has ended, and the check with it
            self._control.send(KILL)

    async def ended(self) -> Ended:
        """Wait until the check has ended and nothing of it is left.

        Raises:
            SandboxDied: The sandbox ended itself.
        """
        code, cpu_seconds, memory_mb = ENDED.unpack(await self._receive(ENDED.size))
        self.is_busy = False
        return Ended(code=code, cpu_seconds=cpu_seconds, memory_mb=memory_mb)

    def close(self) -> None:
        """End it, with everything in it, and reap it; again does nothing."""
        if self._control.fileno() < 0:
            return
        self._control.close()
        if self._owner != os.getpid():  # a fork of the process that started it
            return
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._errors)

    async def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            await anyio.wait_readable(self._control)
            try:
                part = self._control.recv(size - len(data))
            except BlockingIOError:
                continue
            except OSError:
                part = b""
            if not part:
                raise SandboxDied("the sandbox ended in the middle of a check")
            data += part
        return data


def unusable(errors: int) -> SandboxUnusable:
    """The error for a sandbox that does not start.

    Args:
        errors: The open file with what it said.
    """
    reason = os.pread(errors, 2000, 0).decode("utf-8", "replace").strip() or "it does not answer"
    return SandboxUnusable(
        f"the sandbox for model-written code does not start here ({reason}). It needs bubblewrap ({INSTALL_HINT}) "
        "and a kernel that lets this user make namespaces; where neither can be had, isolation='container' runs each "
        "check in a container of podman's or docker's. See docs/design/0013-code-sandbox.md"
    )
