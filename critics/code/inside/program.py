"""Runs a whole program once, with its own standard input and output."""

from __future__ import annotations

import atexit
import builtins
import os
import sys
from types import ModuleType
from typing import Final

from modulo.critics.code.inside.servant import FILE, error_reply, read_job

__all__ = ["main"]

_FAILED: Final = 1
_LARGEST: Final = 127
"""Exit codes above are those of signals."""


def main(fds: list[int]) -> None:
    """Run the program in the job, and end with its exit code.

    Args:
        fds: The job, and what becomes standard input, output and error.
    """
    job, *streams = fds
    source = read_job(job)["source"]
    for standard, fd in enumerate(streams):
        os.dup2(fd, standard)
        os.close(fd)
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # as without -S
    module = sys.modules["__main__"] = ModuleType("__main__")
    code = 0
    try:
        try:
            exec(compile(source, FILE, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
        finally:
            _wait_for_threads()
            atexit._run_exitfuncs()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else _FAILED
    except BaseException as error:  # noqa: BLE001  the program may raise anything
        names, message, place, _ = error_reply(error, source)
        sys.stderr.write(f"{place}\n{names[0]}: {message}\n")
        code = _FAILED
    for stream in (sys.stdout, sys.__stdout__, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    os._exit(min(code & 0xFF, _LARGEST))


def _wait_for_threads() -> None:
    """Wait for the program's threads, as an interpreter does at its end."""
    threading = sys.modules.get("threading")
    while threading is not None:
        others = {thread for thread in threading.enumerate() if not thread.daemon} - {
            threading.current_thread()
        }
        if not others:
            return
        others.pop().join()
