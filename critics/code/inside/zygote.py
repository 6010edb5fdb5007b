"""A pre-started interpreter that forks once for every check, into namespaces that end with the check.

It reads one byte and a few file descriptors from its control socket for each check, starts a process with them,
and answers with how that ended, once nothing of it is left. It never reads what a check is about: sources and
tests are in the descriptors, so no check leaves anything in its memory for the next one.

A check's first process is the init of a new process namespace: it cannot be killed or traced from inside, and
when it ends, the kernel kills everything else in there. The code under test runs in its one child.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from modulo.critics.code.inside.confinement import confine_init, forks_into_namespaces, limit, prepare_to_nest

__all__ = ["ENDED", "KILL", "MAX_FDS", "RUN", "serve"]

RUN: Final = b"R"
KILL: Final = b"K"
MAX_FDS: Final = 5
ENDED: Final = struct.Struct(">Bdd")
"""How a check ended: exit code as a shell would give it, seconds of CPU time, greatest memory of a process in MB."""
_SETUP_FAILED: Final = 253
"""Exit code of a check that could not be confined. Codes of others are capped below it."""


def serve(control: socket.socket, main: Callable[[list[int]], None], settings: Mapping[str, Any]) -> NoReturn:
    """Fork checks until the control socket is closed at its other end.

    Args:
        control: The control socket.
        main: What a check does with its descriptors, in its own process.
        settings: ``isolated``, and the limits that ``confinement.limit`` takes.
    """
    if settings["isolated"]:
        prepare_to_nest()
    control.sendall(b"!")
    while True:
        message, fds, _, _ = socket.recv_fds(control, 1, MAX_FDS)
        if not message:
            os._exit(0)
        if message != RUN:  # to kill a check that has ended already
            continue
        control.sendall(ENDED.pack(*_check(control, main, settings, fds)))


def _check(
    control: socket.socket, main: Callable[[list[int]], None], settings: Mapping[str, Any], fds: list[int]
) -> tuple[int, float, float]:
    ended, life = os.pipe()
    pid = forks_into_namespaces() if settings["isolated"] else os.fork()
    if pid == 0:
        _be_the_check(control, main, settings, fds, ended, life)
    for fd in (*fds, life):
        os.close(fd)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(ended, select.POLLHUP)
    while ended not in [fd for fd, _ in poll.poll()]:
        message = control.recv(1)
        _kill(pid)
        if not message:
            os._exit(0)
    os.close(ended)
    if not settings["isolated"]:
        _kill(pid)
    # Returns when the whole namespace is empty.
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return (128 - code if code < 0 else code), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _be_the_check(
    control: socket.socket,
    main: Callable[[list[int]], None],
    settings: Mapping[str, Any],
    fds: list[int],
    ended: int,
    life: int,
) -> NoReturn:
    """The check's first process: confine, then let a child do the work, or do it if nothing isolates."""
    code = _SETUP_FAILED
    try:
        control.close()
        os.close(ended)
        os.setsid()
        if not settings["isolated"]:
            limit(settings)
            _work(main, fds, life)
        confine_init(settings)
        pid = os.fork()
        if pid == 0:
            _work(main, fds)
        for fd in fds:
            os.close(fd)
        code = _reaped(pid)
    finally:
        # Not an exception's way out: it would lead back into the zygote's loop, in another process.
        os._exit(code)


def _work(main: Callable[[list[int]], None], fds: list[int], *kept: int) -> NoReturn:
    code = 252
    try:
        _keep_only(*fds, *kept)
        main(fds)
        code = 0
    except SystemExit:
        code = 251
    finally:
        os._exit(code)


def _keep_only(*fds: int) -> None:
    """Close everything but these and the standard streams, which lead nowhere from here on."""
    null = os.open("/dev/null", os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    keep = sorted({0, 1, 2, *fds})
    for low, high in zip(keep, [*keep[1:], 65536], strict=True):
        os.closerange(low + 1, high)


def _reaped(main: int) -> int:
    """Wait for the main process, and for all that it leaves behind until then; its exit code."""
    while True:
        pid, status = os.wait()
        if pid == main:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else min(code, 252)


