"""One started sandbox, as its starter sees it: descriptors in, how it ended out."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal, TypeAlias

import anyio

from modulo.critics.code.bubblewrap import INSTALL_HINT, find_bwrap, interpreter, sandbox_command
from modulo.critics.code.inside.zygote import ENDED, KILL, RUN
from modulo.critics.code.limits import Limits
from modulo.critics.code.packages import package_paths
from modulo.critics.code.watching import child_of
from modulo.errors import ConfigurationError, ModuloError

__all__ = ["Ended", "Isolation", "Role", "Sandbox", "SandboxDied", "SandboxUnusable", "scratch_file"]

Isolation: TypeAlias = Literal["bubblewrap", "none"]
Role: TypeAlias = Literal["tests", "suites", "candidate", "program", "parser"]

_INSIDE: Final = "modulo.critics.code.inside"
_SHARED: Final = ("wire", "filtering", "confinement", "zygote", "servant")
_MODULES: Final[dict[Role, tuple[str, ...]]] = {
    "candidate": _SHARED,
    "tests": (*_SHARED, "reporting", "remote", "asserting", "examiner"),
    "suites": (*_SHARED, "reporting", "remote", "asserting", "suites", "examiner"),
    "program": (*_SHARED, "program"),
    "parser": (*_SHARED, "parsing"),
}
_MAIN: Final[dict[Role, str]] = {
    "candidate": "servant",
    "tests": "examiner",
    "suites": "examiner",
    "program": "program",
    "parser": "parsing",
}
_PRELOADED: Final = (
    "bisect", "cmath", "collections", "copy", "functools", "heapq", "itertools", "math", "operator", "random", "re",
    "string", "typing",
)  # fmt: skip
"""What programs import most, as far as it is cheap to have. Random numbers are the same in every check."""
_START_SECONDS: Final = 20.0
_SETUP_FAILED: Final = 253
# Modules come as texts, so that nothing of the installation must be readable in the sandbox.
_BOOTSTRAP: Final = """
import gc, importlib, json, os, socket, sys
from types import ModuleType
control = socket.socket(fileno=int(sys.argv[1]))
size = int.from_bytes(control.recv(4, socket.MSG_WAITALL), "big")
start = json.loads(control.recv(size, socket.MSG_WAITALL))
sys.argv[:] = [""]
os.environ.clear()
for name in start["packages"]:
    sys.modules[name] = ModuleType(name)
    sys.modules[name].__path__ = []
for name, source in start["modules"]:
    sys.modules[name] = module = ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
sys.path += start["path"]
for name in start["preloaded"]:
    importlib.import_module(name)
main = sys.modules[start["main"]].main
settings = start["settings"]
serve = sys.modules[start["zygote"]].serve
del start, source, module, name
gc.collect()
gc.freeze()
serve(control, main, settings)
"""


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
    """

    def __init__(
        self, process: subprocess.Popen[bytes], control: socket.socket, errors: int, *, is_bare: bool
    ) -> None:
        self._process = process
        self._is_bare = is_bare
        self._zygote: int | None = None
        self._control = control
        self._errors = errors
        self._owner = os.getpid()
        self.is_busy = False
        """Whether a check has begun whose end nobody has read."""

    @classmethod
    def start(cls, role: Role, limits: Limits, isolation: Isolation, packages: tuple[str, ...] = ()) -> Sandbox:
        """Start one; it is ready when ``wait_until_ready`` returns.

        Args:
            role: What its checks do.
            limits: What each may use.
            isolation: What isolates them.
            packages: Distributions that can be imported there.

        Raises:
            MissingDependencyError: Bubblewrap is not here.
            SandboxUnusable: It cannot be started.
        """
        paths = package_paths(packages)
        command = sandbox_command(find_bwrap(), packages=paths) if isolation == "bubblewrap" else []
        ours, theirs = socket.socketpair()
        errors = scratch_file()
        with theirs:
            command += [interpreter(), "-P", "-s", "-S", "-c", _BOOTSTRAP, str(theirs.fileno())]
            try:
                process = subprocess.Popen(  # noqa: S603  our own command line
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=errors,
                    stderr=errors,
                    env={"PYTHONHASHSEED": "0"},
                    cwd="/",
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                os.close(errors)
                raise SandboxUnusable(f"{command[0]} cannot be started: {error.strerror}") from error
        sandbox = cls(process, ours, errors, is_bare=isolation == "none")
        with contextlib.suppress(OSError):  # it has ended; waiting for it will tell why
            ours.sendall(_start_message(role, limits, isolation, packages, paths))
        ours.setblocking(False)
        return sandbox

    @property
    def zygote(self) -> int:
        """Process id of the zygote, whose children are the check that runs."""
        if self._zygote is None:
            self._zygote = self._process.pid if self._is_bare else child_of(self._process.pid)
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
            reason = os.pread(self._errors, 2000, 0).decode("utf-8", "replace").strip() or "it does not answer"
            raise SandboxUnusable(
                f"the sandbox for model-written code does not start here ({reason}). It needs bubblewrap "
                f"({INSTALL_HINT}) and a kernel that lets this user make namespaces; in a container, start that "
                "with the rights to make them, and see docs/design/0013-code-sandbox.md"
            )

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


def _start_message(
    role: Role, limits: Limits, isolation: Isolation, packages: tuple[str, ...], paths: tuple[Path, ...]
) -> bytes:
    parents = _INSIDE.split(".")
    document = {
        "packages": [".".join(parents[: end + 1]) for end in range(len(parents))],
        "modules": [[f"{_INSIDE}.{name}", _source(name)] for name in _MODULES[role]],
        "main": f"{_INSIDE}.{_MAIN[role]}",
        "zygote": f"{_INSIDE}.zygote",
        "preloaded": [*_PRELOADED, *(name for name in packages if name in ("hypothesis", "pytest"))],
        "path": sorted({str(path.parent) for path in paths}),
        "settings": {**limits.as_json(), "isolated": isolation != "none"},
    }
    data = json.dumps(document).encode()
    return len(data).to_bytes(4, "big") + data


@cache
def _source(name: str) -> str:
    return files(_INSIDE).joinpath(f"{name}.py").read_text("utf-8")


def scratch_file() -> int:
    """An open file without a name."""
    if sys.platform == "linux":
        return os.memfd_create("modulo")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
