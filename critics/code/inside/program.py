"""Runs a whole program once, with its own standard input and output."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Final

from modulo.critics.code.inside.servant import FILE, error_reply, read_job

__all__ = ["main"]

_FAILED: Final = 1


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
    module = sys.modules["__main__"] = ModuleType("__main__")
    code = 0
    try:
        exec(compile(source, FILE, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else _FAILED
    except BaseException as error:  # noqa: BLE001  the program may raise anything
        names, message, place, _ = error_reply(error, source)
        sys.stderr.write(f"{place}\n{names[0]}: {message}\n")
        code = _FAILED
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code & 0x7F)
