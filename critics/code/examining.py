"""One check: candidate in one sandbox, tests in another, pipes between them, and what came of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import anyio

from modulo.critics.code.inside.wire import WireError, dump, load
from modulo.critics.code.pool import Kind, sandboxes
from modulo.critics.code.sandbox import Ended, Sandbox
from modulo.critics.code.starting import scratch_file
from modulo.critics.code.watching import TICK_SECONDS, Excess, Watch

__all__ = ["Examination", "examine", "examine_together", "job_file", "read_to_end"]

_NONCE_BYTES: Final = 16
_MAX_REPORT_BYTES: Final = 2**20
_LAST_WORDS_SECONDS: Final = 2.0
"""How long tests may take to report, once the candidate was killed. They have a pipe to read and one to write."""
_SHOWN_OUTPUT_BYTES: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What a check found, before anybody judges.

    Attributes:
        report: What the tests reported; None if they did not, or not in due form.
        tests: How their process ended.
        candidate: How the candidate's ended; code 137 where it was killed, as it is at the end of every check.
        excess: The limit for which the candidate was killed before the tests were over.
        output: The beginning of what the candidate printed.
    """

    report: Mapping[str, Any] | None
    tests: Ended
    candidate: Ended
    excess: Excess | None
    output: str


async def examine(tests: Kind, candidate: Kind, job: Mapping[str, Any], source: str) -> Examination:
    """Run tests against a program.

    Args:
        tests: The kind of sandbox for the tests.
        candidate: The kind of sandbox for the program.
        job: What the tests' process is to do (``inside.examiner``).
        source: The program.

    Raises:
        ModuloError: A sandbox cannot be started.
        SandboxDied: One ended in the middle.
    """
    async with sandboxes(tests, candidate) as (tests_sandbox, candidate_sandbox):
        with ExitStack() as ours:
            return await _Check(tests_sandbox, candidate_sandbox, candidate, ours).run(job, source)


async def examine_together(kind: Kind, job: Mapping[str, Any], source: str) -> Examination:
    """Run tests and a program in one process, which the program can do anything to, its report included.

    Args:
        kind: The kind of sandbox for both.
        job: What the tests' process is to do (``inside.examiner``).
        source: The program.

    Raises:
        ModuloError: A sandbox cannot be started.
        SandboxDied: It ended in the middle.
    """
    async with sandboxes(kind) as (sandbox,):
        with ExitStack() as ours:
            return await _Check(sandbox, sandbox, kind, ours).run({**job, "source": source}, source)


class _Check:
    def __init__(self, tests: Sandbox, candidate: Sandbox, kind: Kind, ours: ExitStack) -> None:
        self._tests = tests
        self._candidate = candidate
        self._limits = kind.limits
        self._ours = ours
        self._nonce = secrets.token_bytes(_NONCE_BYTES)
        self._report = bytearray()

    async def run(self, job: Mapping[str, Any], source: str) -> Examination:
        output = self._kept(scratch_file())
        reports = self._begin({**job, "nonce": self._nonce}, {"source": source}, output)
        excess = await self._watch(reports)
        tests = await self._tests.ended()
        candidate = tests
        if self._candidate is not self._tests:
            self._candidate.kill_check()
            candidate = await self._candidate.ended()
        return Examination(
            report=self._signed_report(),
            tests=tests,
            candidate=candidate,
            excess=excess,
            output=os.pread(output, _SHOWN_OUTPUT_BYTES, 0).decode("utf-8", "replace"),
        )

    def _begin(self, job: Mapping[str, Any], candidate: Mapping[str, Any], output: int) -> int:
        """Start both sides; the pipe of reports."""
        with ExitStack() as theirs:
            reports, report = os.pipe()
            self._kept(reports)
            calls_end, calls = os.pipe()
            replies_end, replies = os.pipe()
            tests_job, candidate_job = job_file(job), job_file(candidate)
            for fd in (report, calls_end, calls, replies_end, replies, tests_job, candidate_job):
                theirs.callback(os.close, fd)
            # The candidate gets the ends that nothing but calls and replies goes through.
            if self._candidate is not self._tests:
                self._candidate.run((candidate_job, calls_end, replies, output))
            self._tests.run((tests_job, report, calls, replies_end))
        return reports

    def _kept(self, fd: int) -> int:
        self._ours.callback(os.close, fd)
        return fd

    async def _watch(self, reports: int) -> Excess | None:
        """Read the report until its end. Whoever exceeds a limit is killed; the limit of the candidate, if so."""
        zygotes = dict.fromkeys((self._candidate.zygote, self._tests.zygote))
        watch = Watch(tuple(zygotes), self._limits, anyio.current_time())
        while True:
            with anyio.move_on_after(TICK_SECONDS):
                await read_to_end(reports, self._report)
                return None
            excess = watch.excess(anyio.current_time())
            if excess is not None:
                break
        self._candidate.kill_check()
        if excess == "tests":
            self._tests.kill_check()
        with anyio.move_on_after(_LAST_WORDS_SECONDS):
            await read_to_end(reports, self._report)
            return excess
        self._tests.kill_check()
        await read_to_end(reports, self._report)
        return excess

    def _signed_report(self) -> Mapping[str, Any] | None:
        data = bytes(self._report)
        if len(data) > _MAX_REPORT_BYTES or not secrets.compare_digest(data[:_NONCE_BYTES], self._nonce):
            return None
        try:
            report = load(data[_NONCE_BYTES:])
        except WireError:
            return None
        return _readable(report) if _is_report(report) else None


async def read_to_end(pipe: int, data: bytearray | None = None) -> bytes:
    """What comes out of a pipe until nobody can write to it; no more of it than a report can be.

    Args:
        pipe: The pipe.
        data: Collects what comes, for whoever may be cancelled in the middle.
    """
    data = bytearray() if data is None else data
    while True:
        await anyio.wait_readable(pipe)
        part = os.read(pipe, 65536)
        if not part:
            return bytes(data)
        if len(data) <= _MAX_REPORT_BYTES:
            data += part


def job_file(job: Mapping[str, Any]) -> int:
    """An open file that holds a job."""
    fd = scratch_file()
    data = memoryview(dump(dict(job)))
    while data:
        data = data[os.write(fd, data) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _is_report(report: object) -> bool:
    match report:
        case {
            "outcome": "passed" | "failed" | "broken",
            "reason": str(),
            "passed": int(),
            "calls": int(),
            "faults": list(faults),
        }:
            return all(_is_fault(fault) for fault in faults)
    return False


def _readable(report: dict[str, Any]) -> dict[str, Any]:
    """A report whose texts can be written anywhere: they may hold lone surrogates, as the candidate's results may."""
    faults = [{name: _encodable(text) for name, text in fault.items()} for fault in report["faults"]]
    return {**report, "reason": _encodable(report["reason"]), "faults": faults}


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _is_fault(fault: object) -> bool:
    return (
        isinstance(fault, dict)
        and {"code", "message"} <= fault.keys()
        and all(type(part) is str for pair in fault.items() for part in pair)
    )
