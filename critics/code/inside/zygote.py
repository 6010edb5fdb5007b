"""A pre-started interpreter that forks once for every check, into namespaces that end with the check.

It reads one byte and a few file descriptors from its control socket for each check, starts a process with them,
and answers with how that ended, once nothing of it is left. It never reads what a check is about: sources and
tests are in the descriptors, so no check leaves anything in its memory for the next one.

A check is the first process of a new process namespace: when it ends, the kernel kills everything else in there
before anybody hears of the end.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn

from modulo.critics.code.inside.confinement import confine, forks_into_namespaces, limit, prepare_to_nest

__all__ = ["ENDED", "KILL", "MAX_FDS", "OWN_CODES", "RUN", "serve"]

RUN: Final = b"R"
KILL: Final = b"K"
MAX_FDS: Final = 5
ENDED: Final = struct.Struct(">Bdd")
"""How a check ended: exit code as a shell would give it, seconds of CPU time, greatest memory of a process in MB."""
_SETUP_FAILED: Final = 253
"""Exit code of a check that could not be confined."""
OWN_CODES: Final = 252
"""From here on, exit codes are ours."""
_FAILED: Final = OWN_CODES
"""Exit code of a check whose own work raised something."""
_POLL_MS: Final = 20
_MANY_FDS: Final = 65536


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
    pid = forks_into_namespaces() if settings["isolated"] else os.fork()
    if pid == 0:
        _be_the_check(control, main, settings, fds)
    for fd in fds:
        os.close(fd)
    _wait_until_over(pid, control)
    if not settings["isolated"]:
        _kill(pid)  # what it left behind; a namespace has taken care of that
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return (128 - code if code < 0 else code), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _wait_until_over(pid: int, control: socket.socket) -> None:
    """Wait until a check has ended, and kill it when told to, or when there is nobody left to tell."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    pidfd = os.pidfd_open(pid) if sys.platform == "linux" else None
    if pidfd is not None:
        poll.register(pidfd, select.POLLIN)
    while not _has_ended(pid):
        ready = [fd for fd, _ in poll.poll(None if pidfd is not None else _POLL_MS)]
        if control.fileno() in ready:
            message = control.recv(1)
            _kill(pid)
            if not message:
                os._exit(0)
    if pidfd is not None:
        os.close(pidfd)


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill(pid: int) -> None:
    for kill in (os.kill, os.killpg):
        with suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)


def _be_the_check(
    control: socket.socket, main: Callable[[list[int]], None], settings: Mapping[str, Any], fds: list[int]
) -> NoReturn:
    """The check's first process: confine it, then let it do its work."""
    code = _SETUP_FAILED
    try:
        control.close()
        os.setsid()
        _keep_only(fds)
        if settings["isolated"]:
            confine(settings)
        limit(settings)
        code = _FAILED
        main(fds)
        code = 0
    finally:
        # Not an exception's way out: it would lead back into the zygote's loop, in another process.
        os._exit(code)


def _keep_only(fds: list[int]) -> None:
    """Close everything but these and the standard streams, which lead nowhere from here on."""
    null = os.open("/dev/null", os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    keep = sorted({0, 1, 2, *fds})
    for low, high in zip(keep, [*keep[1:], _MANY_FDS], strict=True):
        os.closerange(low + 1, high)
