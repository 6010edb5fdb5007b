"""Runs one program under limits for a parent that it does not outlive. Started by path, by ``process.py``.

``python _limited_process.py CPU_SECONDS BYTES INPUT PROGRAM [ARGUMENT ...]``: the program reads INPUT. The
standard input of this process is a pipe that nobody writes to: once the parent has closed it, or is gone, the
program is killed. This process ends with the program's exit code, or with 128 and the signal that ended it.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading


def main() -> None:
    """Start the program and wait for its end or the parent's."""
    cpu_seconds, memory_bytes = int(sys.argv[1]), int(sys.argv[2])
    child = os.fork()
    if child == 0:
        _become(cpu_seconds, memory_bytes, sys.argv[3], sys.argv[4:])
    threading.Thread(target=_kill_without_parent, args=(child,), daemon=True).start()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    # Not sys.exit: the thread may hold the lock of standard input.
    os._exit(code if code >= 0 else 128 - code)


def _become(cpu_seconds: int, memory_bytes: int, stdin: str, command: list[str]) -> None:
    try:
        file = os.open(stdin, os.O_RDONLY)
        os.dup2(file, 0)
        os.close(file)
        _limit("RLIMIT_CORE", 0, 0)
        # The soft limit is a signal that Fast Downward takes as "out of time", the hard one is the end.
        _limit("RLIMIT_CPU", cpu_seconds, cpu_seconds + 1)
        _limit("RLIMIT_FSIZE", memory_bytes, memory_bytes)
        if sys.platform == "linux":  # elsewhere address space is not what a program uses
            _limit("RLIMIT_AS", memory_bytes, memory_bytes)
        os.execv(command[0], command)  # noqa: S606 - no shell, and a path of ours
    finally:
        os._exit(127)


def _limit(name: str, soft: int, hard: int) -> None:
    kind = getattr(resource, name)
    most = resource.getrlimit(kind)[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(kind, (soft, hard))


def _kill_without_parent(child: int) -> None:
    os.read(0, 1)
    os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
