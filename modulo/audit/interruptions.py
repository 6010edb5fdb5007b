"""Whether exceptions within a critic are swallowed: one is raised at some line of its code, while it judges.

A critic that catches its own exception and goes on has left something unjudged; if it accepts then, what it accepts
may be wrong.
"""

from __future__ import annotations

import linecache
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import anyio
from msgspec import Struct

from modulo.asynchrony import is_async
from modulo.audit.judging import Judged
from modulo.audit.subject import Subject
from modulo.critique import Critique
from modulo.graph import Graph
from modulo.graph.problems import as_problem
from modulo.graph.program import Program
from modulo.problem import Candidate
from modulo.protocols import Critic
from modulo.running.verdicts import call_critic, read_async_judgement
from modulo.sources import own_modules

__all__ = ["Interrupted", "interruptions"]

_LINES_OF_A_DOCUMENT: Final = 12
_MOST_DOCUMENTS: Final = 60
_MOST_LINES: Final = 100_000
_MOST_TRIES: Final = 1_000
_MOST_CHARACTERS: Final = 5_000
_MOST_SECONDS_WAITING: Final = 10.0
"""Critics that wait, for processes perhaps, are interrupted for so long; none waits longer for one answer."""


class Interrupted(Struct, frozen=True, kw_only=True):
    """A critic that rejects a document, and accepted it when it was interrupted.

    Attributes:
        critic: Name of the critic's node.
        judged: The document and what became of it at first.
        place: The line where the exception was raised.
    """

    critic: str
    judged: Judged
    place: str


class Interruption(Exception):
    """What is raised. It is no kind of exception that a critic could expect."""


def interruptions(
    subject: Subject, graph: Graph, rejected: Sequence[Judged], rng: random.Random
) -> tuple[int, list[Interrupted]]:
    """Interrupt every critic at some lines, on documents that it rejects.

    Args:
        subject: What is audited.
        graph: Its graph.
        rejected: Wrong documents that critics rejected.
        rng: Chooses lines.

    Returns:
        How many times a critic was interrupted, and what was accepted then.
    """
    program = graph.check()
    tried, found = 0, []
    waits_until = time.monotonic() + _MOST_SECONDS_WAITING
    for judged in _small(rejected)[:_MOST_DOCUMENTS]:
        if tried >= _MOST_TRIES:
            break
        candidate = _candidate(subject, program, judged)
        for name in [critique.critic for critique in judged.critiques if critique.violations]:
            critic = graph.critics[name].critic if name in graph.critics else None
            if critic is None or len(graph.critics[name].reads) > 1:
                continue
            if is_async(critic.critique) and time.monotonic() > waits_until:
                continue
            watch = _Watch(critic)
            problem = as_problem(graph, judged.document.problem)
            lines = watch.lines((problem.own_value(), candidate.value()))
            for line in sorted(rng.sample(range(lines), min(lines, _LINES_OF_A_DOCUMENT))):
                tried += 1
                if watch.accepts((problem.own_value(), candidate.value()), line):
                    found.append(Interrupted(critic=name, judged=judged, place=watch.place))
    return tried, found


def _small(rejected: Sequence[Judged]) -> list[Judged]:
    """Documents that were read from documents and are not so large that to trace a critic takes for ever."""
    return [
        judged
        for judged in rejected
        if judged.document.route == "document" and len(repr(judged.document.document)) <= _MOST_CHARACTERS
    ]


def _candidate(subject: Subject, program: Program, judged: Judged) -> Candidate[Any]:
    document = judged.document
    value = subject.read(document.document, document.problem)
    return Candidate.of(value, codec=program.answer.codec, text="", node="", model="", prompt_sha256="")


class _Watch:
    """Counts the lines that a critic executes, or raises an exception at one of them."""

    def __init__(self, critic: Critic[Any, Any]) -> None:
        self._critic = critic
        self._modules = own_modules(critic)
        self._passed = 0
        self._target: int | None = None
        self.place = ""

    def lines(self, args: tuple[Any, ...]) -> int:
        """How many lines the critic executes."""
        self._judge(args, None)
        return min(self._passed, _MOST_LINES)

    def accepts(self, args: tuple[Any, ...], line: int) -> bool:
        """Whether the critic accepts when it is interrupted there."""
        critique = self._judge(args, line)
        return critique is not None and critique.accepts

    def _judge(self, args: tuple[Any, ...], line: int | None) -> Critique | None:
        if not is_async(self._critic.critique):
            return self._judge_here(args, line)
        with ThreadPoolExecutor(1) as thread:  # where no event loop runs yet
            return thread.submit(self._judge_here, args, line).result()

    def _judge_here(self, args: tuple[Any, ...], line: int | None) -> Critique | None:
        self._passed, self._target = 0, line
        with _traced(self._begin):
            try:
                critique = call_critic(self._critic, args)
                if is_async(self._critic.critique):
                    critique = anyio.run(_awaited, critique)
            except Exception:  # noqa: BLE001  the interruption, or what became of it
                return None
        return critique if isinstance(critique, Critique) else None

    def _begin(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        return self._go_on if frame.f_globals.get("__name__") in self._modules else None

    def _go_on(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            if self._target is not None and self._passed >= self._target and not _takes_something(frame):
                self._target = None
                self.place = f"{frame.f_globals.get('__name__')}, line {frame.f_lineno}"
                raise Interruption("an exception that the audit injected")
            self._passed += 1
        return self._go_on


async def _awaited(judgement: Any) -> Critique:
    with anyio.fail_after(_MOST_SECONDS_WAITING):
        return await read_async_judgement(judgement)


def _takes_something(frame: FrameType) -> bool:
    """Whether a lock or file may be taken or released at a line: an exception just there would leave it taken."""
    return (
        linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        .lstrip()
        .startswith(("with ", "async with "))
    )


@contextmanager
def _traced(tracer: Any) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        yield
    finally:
        sys.settrace(before)
