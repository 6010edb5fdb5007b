"""Whole programs that read standard input and write standard output, each case in a sandbox of its own.

What is expected never enters a sandbox: outputs are compared here.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import anyio

from modulo.critics.code.examining import job_file
from modulo.critics.code.judging import cause_of_death
from modulo.critics.code.limits import Limits
from modulo.critics.code.pool import Kind, sandboxes
from modulo.critics.code.problem import Case
from modulo.critics.code.sandbox import Ended, Sandbox
from modulo.critics.code.starting import scratch_file
from modulo.critics.code.watching import TICK_SECONDS, Excess, Watch
from modulo.critique import Violation

__all__ = ["ProgramRun", "fault_in", "run_program"]

_SHOWN: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRun:
    """What one run of a program did.

    Attributes:
        ended: How it ended.
        output: What it wrote to standard output; bytes that are no text are lone surrogates.
        errors: The end of what it wrote to standard error.
        excess: The limit for which it was killed.
    """

    ended: Ended
    output: str
    errors: str
    excess: Excess | None


async def run_program(kind: Kind, source: str, text: str) -> ProgramRun:
    """Run a program on an input.

    Raises:
        ModuloError: A sandbox cannot be started, or ended in the middle.
    """
    async with sandboxes(kind) as (sandbox,):
        with ExitStack() as ours:
            fds = [job_file({"source": source}), *(scratch_file() for _ in range(3))]
            for fd in fds:
                ours.callback(os.close, fd)
            _write(fds[1], text)
            sandbox.run(fds)
            ended, excess = await _until_it_ends(sandbox, kind.limits)
            output = os.pread(fds[2], kind.limits.max_file_mb * 2**20 + 1, 0).decode("utf-8", "surrogateescape")
            size = os.fstat(fds[3]).st_size
            errors = os.pread(fds[3], 2000, max(0, size - 2000)).decode("utf-8", "backslashreplace")
            return ProgramRun(ended=ended, output=output, errors=errors, excess=excess)


def fault_in(run: ProgramRun, case: Case, number: int, limits: Limits) -> Violation | None:
    """What is wrong with a run; None if nothing is."""
    where = f"case {number}"
    shown_input = _shown(case.input)
    if run.excess is not None or run.ended.code > 128:
        code, reason = cause_of_death(run.ended, run.excess, limits)
        return Violation(code, f"On the input {shown_input} it broke off. {reason}", location=where)
    if run.ended.code != 0:
        said = run.errors.strip()[-_SHOWN:]
        return Violation("exception", f"On the input {shown_input} it failed: {said}", location=where)
    if _normal(run.output) == _normal(case.output):
        return None
    expected, actual = _shown(case.output), _shown(run.output)
    message = f"On the input {shown_input} it printed {actual}, not {expected}."
    return Violation("wrong_output", message, location=where, expected=expected, actual=actual)


async def _until_it_ends(sandbox: Sandbox, limits: Limits) -> tuple[Ended, Excess | None]:
    watch = Watch((sandbox.zygote,), limits, anyio.current_time())
    while True:
        with anyio.move_on_after(TICK_SECONDS):
            return await sandbox.ended(), None
        excess = watch.excess(anyio.current_time())
        if excess is not None:
            sandbox.kill_check()
            return await sandbox.ended(), excess


def _write(fd: int, text: str) -> None:
    data = memoryview(text.encode())
    while data:
        data = data[os.write(fd, data) :]
    os.lseek(fd, 0, os.SEEK_SET)


def _normal(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _shown(text: str) -> str:
    half = _SHOWN // 2
    return repr(text if len(text) <= _SHOWN else f"{text[:half]} ... {text[-half:]}")
