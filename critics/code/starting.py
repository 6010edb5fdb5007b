"""Starts sandboxes: the interpreter's command line, and what it is told first."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Final, Literal, TypeAlias

from modulo.critics.code.bubblewrap import find_bwrap, interpreter, sandbox_command
from modulo.critics.code.container import CONTROL, container_command, find_engine
from modulo.critics.code.limits import Limits
from modulo.critics.code.packages import package_paths, places_inside
from modulo.critics.code.sandbox import Isolation, Sandbox, SandboxUnusable, unusable

__all__ = ["Role", "scratch_file", "start_sandbox"]

Role: TypeAlias = Literal["tests", "suites", "candidate", "program", "parser", "type_checker"]

_INSIDE: Final = "modulo.critics.code.inside"
_SHARED: Final = ("wire", "filtering", "confinement", "zygote", "servant")
_MODULES: Final[dict[Role, tuple[str, ...]]] = {
    "candidate": _SHARED,
    "tests": (*_SHARED, "reporting", "remote", "asserting", "examiner"),
    "suites": (*_SHARED, "reporting", "remote", "asserting", "suites", "examiner"),
    "program": (*_SHARED, "program"),
    "parser": (*_SHARED, "parsing"),
    "type_checker": (*_SHARED, "type_checking"),
}
_MAIN: Final[dict[Role, str]] = {
    "candidate": "servant",
    "tests": "examiner",
    "suites": "examiner",
    "program": "program",
    "parser": "parsing",
    "type_checker": "type_checking",
}
_PRELOADED: Final = (
    "bisect", "cmath", "collections", "copy", "functools", "heapq", "itertools", "math", "operator", "random", "re",
    "string", "typing",
)  # fmt: skip
"""What programs import most, as far as it is cheap to have. Random numbers are the same in every check."""
_ENVIRONMENT: Final[Mapping[str, str]] = {"PYTHONHASHSEED": "0"}
_IMPORTED_EARLY: Final = {"hypothesis": "hypothesis", "pytest": "pytest", "mypy": "mypy.api"}
"""Packages that take long to import, so that a zygote does, with the module to import."""
_CONNECT_SECONDS: Final = 60.0
_ARGUMENTS: Final = ("-P", "-s", "-S", "-c")
# Modules come as texts, so that nothing of the installation must be readable in the sandbox.
_BOOTSTRAP: Final = """
import gc, importlib, json, os, socket, sys
from types import ModuleType
if sys.argv[1].isdigit():
    control = socket.socket(fileno=int(sys.argv[1]))
else:
    control = socket.socket(socket.AF_UNIX)
    control.connect(sys.argv[1])
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


def start_sandbox(role: Role, limits: Limits, isolation: Isolation, packages: tuple[str, ...] = ()) -> Sandbox:
    """Start a sandbox; it can be used when its ``wait_until_ready`` returns. This may block for a while.

    Args:
        role: What its checks do.
        limits: What each may use.
        isolation: What isolates them.
        packages: Distributions that can be imported there.

    Raises:
        MissingDependencyError: Bubblewrap or a container engine is not here, or one of the packages.
        SandboxUnusable: It cannot be started.
    """
    paths = package_paths(packages)
    places = {path: PurePosixPath(path) for path in paths} if isolation == "none" else places_inside(paths)
    message = _start_message(role, limits, isolation, packages, places)
    errors = scratch_file()
    try:
        if isolation == "container":
            process, control = _in_container(limits, places, errors)
        else:
            process, control = _beside_us(
                sandbox_command(find_bwrap(), packages=places) if isolation != "none" else [], errors
            )
    except BaseException:
        os.close(errors)
        raise
    with contextlib.suppress(OSError):  # it has ended; waiting for it will tell why
        control.sendall(message)
    control.setblocking(False)
    return Sandbox(process, control, errors, isolation)


def _beside_us(command: list[str], errors: int) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A zygote that inherits its end of a pair of sockets."""
    ours, theirs = socket.socketpair()
    with theirs:
        fd = theirs.fileno()
        try:
            return _popen([*command, interpreter(), *_ARGUMENTS, _BOOTSTRAP, str(fd)], errors, (fd,)), ours
        except BaseException:
            ours.close()
            raise


def _in_container(
    limits: Limits, places: Mapping[Path, PurePosixPath], errors: int
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A zygote that connects to a socket which is mounted in its container."""
    engine, name = find_engine(), f"modulo-{secrets.token_hex(8)}"
    folder = Path(tempfile.mkdtemp(prefix="modulo-"))
    try:
        folder.chmod(0o711)  # its name is for us and the engine; who is inside is nobody
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(folder / "control"))
            (folder / "control").chmod(0o666)
            server.listen(1)
            command = container_command(engine, name, folder / "control", limits, packages=places)
            # The engine needs our environment; what runs in the container does not get it.
            process = _popen([*command, *_ARGUMENTS, _BOOTSTRAP, CONTROL], errors, env=os.environ)
            return process, _accepted(server, process, errors)
    finally:
        shutil.rmtree(folder)


def _accepted(server: socket.socket, process: subprocess.Popen[bytes], errors: int) -> socket.socket:
    server.settimeout(0.1)
    for _ in range(int(_CONNECT_SECONDS / 0.1)):
        try:
            return server.accept()[0]
        except TimeoutError:
            if process.poll() is not None:
                break
    process.kill()
    process.wait()
    raise unusable(errors)


def _popen(
    command: list[str], errors: int, pass_fds: tuple[int, ...] = (), env: Mapping[str, str] = _ENVIRONMENT
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603  our own command line
            command,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env=env,
            cwd="/",
            pass_fds=pass_fds,
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxUnusable(f"{command[0]} cannot be started: {error.strerror}") from error


def _start_message(
    role: Role,
    limits: Limits,
    isolation: Isolation,
    packages: tuple[str, ...],
    places: Mapping[Path, PurePosixPath],
) -> bytes:
    parents = _INSIDE.split(".")
    document = {
        "packages": [".".join(parents[: end + 1]) for end in range(len(parents))],
        "modules": [[f"{_INSIDE}.{name}", _source(name)] for name in _MODULES[role]],
        "main": f"{_INSIDE}.{_MAIN[role]}",
        "zygote": f"{_INSIDE}.zygote",
        "preloaded": [*_PRELOADED, *(_IMPORTED_EARLY[name] for name in packages if name in _IMPORTED_EARLY)],
        "path": sorted({str(inside.parent) for inside in places.values()}),
        "settings": {**limits.as_json(), "isolated": isolation == "bubblewrap"},
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
