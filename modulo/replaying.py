"""Replay: run a recorded run again without a model, and report every decision that comes out differently.

What a model answered, what a call cost, what a soft critic thought, and what came first where several things
went on at once are taken from the trace. Everything that follows from them is decided anew: what the strategy
asks for, every prompt, every candidate, every verdict, every limit, and the end.
"""

from __future__ import annotations

import inspect
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import anyio.lowlevel
from msgspec import Struct

from modulo.canonical import canonical_json
from modulo.clock import SystemClock
from modulo.course import Course, Player
from modulo.domain import graph_without_generator, recorded_domain
from modulo.errors import ConfigurationError
from modulo.events import AttemptFinished, Event, GenerationFinished
from modulo.graph import Graph
from modulo.graph.annotations import return_type
from modulo.graph.nodes import Prompt
from modulo.graph.program import Stage
from modulo.loop import Run
from modulo.outcome import StopReason
from modulo.problem import NO_SOLUTION, Candidate
from modulo.protocols import Backprompter, Critic, Strategy
from modulo.recording import Recording
from modulo.trace import event_json, read_trace

__all__ = ["Replayed", "replay"]


_REPLAYED_BY_PARTS: Final = (
    "replayed with what solve was given: modulo.replay(trace, graph=...), or "
    "modulo.replay(trace, critics=[...], prompt=..., reformulator=...)"
)


_OF_ONE_ATTEMPT: Final = ("generation_finished", "candidate_reformulated", "critique")
"""What is not done again for an attempt that was cut off."""


class Replayed(Struct, frozen=True, kw_only=True):
    """What came of a replay.

    Attributes:
        differences: One sentence a decision that differs; empty if all are the same.
        attempts: How many attempts were replayed.
        stop_reason: How the recorded run ended; None if the trace breaks off.
    """

    differences: tuple[str, ...]
    attempts: int
    stop_reason: StopReason | None


async def replay(
    trace: str | os.PathLike[str],
    *,
    graph: Graph | None = None,
    critics: Sequence[Critic[Any, Any]] | Critic[Any, Any] | None = None,
    prompt: Prompt | None = None,
    reformulator: Callable[..., Any] | None = None,
    problem: Any = None,
    strategy: Strategy | None = None,
    backprompter: Backprompter | None = None,
) -> Replayed:
    """Run a recorded run again. A replay that differs goes on as far as the recording can tell it how.

    Args:
        trace: Path of the trace.
        graph: Its graph; None looks up its domain among those installed.
        critics: Its critics, in place of a graph, where ``solve`` was given critics and no graph.
        prompt: The prompt that ``solve`` was given with these critics, if any.
        reformulator: The reformulator that ``solve`` was given with these critics, if any.
        problem: Its problem; needed only where the graph's functions do not say what type it is of.
        strategy: Its strategy; needed only for one that is no part of the library.
        backprompter: Its backprompter; needed only for one that is no part of the library.

    Raises:
        TraceError: The trace cannot be read, or is about another problem.
        ConfigurationError: Its domain, strategy or backprompter is not known here; or both a graph and critics
            are given, or a prompt or reformulator without critics.
        ModuloError: A critic needs something that is missing.
    """
    if critics is None and (prompt is not None or reformulator is not None):
        raise ConfigurationError("replay: prompt= and reformulator= go with critics=; a graph brings its own")
    graph = graph_without_generator("replay", graph, critics, prompt=prompt, reformulator=reformulator)
    recording = Recording(read_trace(trace))
    if graph is None:
        domain = recorded_domain(recording.domain, instead=_REPLAYED_BY_PARTS)
        graph = domain.graph_for_checking()
        strategy = strategy or recording.if_recorded("strategy", domain.strategy())
        backprompter = backprompter or recording.if_recorded("backprompter", domain.backprompter())
    course, comparison = Course(recording), _Comparison(recording)
    run = Run(
        _silent(graph, course, recording),
        recording.problem(graph, problem),
        recording.options(strategy, backprompter, _NoWaiting()),
        sinks=(comparison.note, course.note),
        script=course,
    )
    course.stop = run.cancel
    await run.outcome()
    return Replayed(
        differences=(*recording.changed, *comparison.differences(was_stopped=course.is_stopped)),
        attempts=comparison.attempts,
        stop_reason=recording.stop_reason,
    )


class _NoWaiting(SystemClock):
    """A clock whose waits are over at once; time is not replayed."""

    async def sleep(self, seconds: float) -> None:
        await anyio.lowlevel.checkpoint()

    def now(self) -> float:
        return 0.0


def _silent(graph: Graph, course: Course, recording: Recording) -> Graph:
    """The graph with everything that may call a model replaced by the recording."""
    conversions: dict[str, Callable[..., Any] | None] = {}
    program = graph.check()
    for stage in program.stages.values():
        for path in stage.paths.values():
            recorded = {node.name: _recorded(node.name, stage, course) for node in path}
            if not any(node.name in program.async_conversions for node in path):
                recorded = {
                    node.name: _UnlessAwaited(
                        node.convert, recorded[node.name], is_last=node.name == stage.artefact
                    )
                    for node in path
                    if node.convert
                }
            conversions |= recorded
    players = {name: Player(recording, course, recording.models_of(name)) for name in graph.generators}
    return graph.with_nodes(generators=players, conversions=conversions)


def _recorded(node: str, stage: Stage, course: Course) -> Callable[..., Any]:
    """A conversion as recorded. What stood between two conversions was not, so the last one gives it all."""
    is_last = node == stage.artefact

    async def convert(value: Any, *problem: Any) -> Any:
        await course.before_verdict()
        content = course.conversion(node, is_last=is_last, value=value)
        return _value_of(canonical_json(content), stage) if is_last else content

    return convert


class _UnlessAwaited:
    """A plain conversion, run again; as recorded from where one on the way gives something to await.

    What a plain function gives to be awaited may call a model, and nothing tells before it is called.
    """

    def __init__(self, convert: Callable[..., Any], recorded: Callable[..., Any], *, is_last: bool) -> None:
        self.returns = return_type(convert)
        self._convert, self._recorded, self._is_last = convert, recorded, is_last

    def __call__(self, value: Any, *problem: Any) -> Any:
        if isinstance(value, _TakenFromTrace):
            return self._look_up(value.value, *problem)
        result = self._convert(value, *problem)
        if not inspect.isawaitable(result):
            return result
        if inspect.iscoroutine(result):
            result.close()
        return self._look_up(value, *problem)

    async def _look_up(self, value: Any, *problem: Any) -> Any:
        recorded = await self._recorded(value, *problem)
        return recorded if self._is_last else _TakenFromTrace(recorded)


@dataclass(frozen=True, slots=True)
class _TakenFromTrace:
    """What goes on to the next conversion where this one was not run."""

    value: Any


def _value_of(canonical: bytes, stage: Stage) -> Any:
    claim = Candidate.of(NO_SOLUTION, codec=stage.codec, text="", node="", model="", prompt_sha256="")
    return NO_SOLUTION if canonical == claim.canonical else stage.codec.decode(canonical)


class _Comparison:
    """Compares the decisions of a replayed run with the recorded ones as they are made."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._finished = recording.finished()
        self._then = dict(self._recorded())
        self._bills = Counter[int]()
        self._seen: set[str] = set()
        self._differences: list[str] = []
        self.attempts = 0

    def _recorded(self) -> Iterator[tuple[str, Any]]:
        bills = Counter[int]()
        for document in self._recording.documents:
            if document["type"] not in _OF_ONE_ATTEMPT or document["attempt"] in self._finished:
                yield from _decisions(document, bills)

    def note(self, event: Event) -> None:
        """Hear of an event of the replayed run."""
        self.attempts += isinstance(event, AttemptFinished)
        if isinstance(event, GenerationFinished) and event.attempt not in self._finished:
            return  # it was cut off then, perhaps a moment earlier
        for key, now in _decisions(event_json(event), self._bills):
            self._seen.add(key)
            then = self._then.get(key)
            if then != now and self._counts(key):
                self._differences.append(f"{key}: recorded {_shown(then)}, now {_shown(now)}")

    def differences(self, *, was_stopped: bool) -> list[str]:
        """One sentence a decision that differs.

        Args:
            was_stopped: Whether the replay was stopped. If it differs, what it did not come to is none.
        """
        if was_stopped and self._differences:
            return self._differences
        missing = [key for key in self._then if key not in self._seen and self._counts(key)]
        not_done = [f"{key}: recorded {_shown(self._then[key])}, now nothing" for key in missing]
        return [*self._differences, *not_done]

    def _counts(self, key: str) -> bool:
        """Whether a decision can be compared; beyond an end from outside there is nothing to compare with."""
        if key in ("usage", "unconfirmed usage") and self._recording.has_nested_bills:
            return False  # what inner loops owe is booked in one sum
        if not self._recording.ended_from_outside:
            return True
        if key in ("certified", "end"):  # the best answer so far is chosen however the rounds ended
            return self._recording.stop_reason is StopReason.CERTIFIED
        return key in self._then and key not in ("end of rounds", "usage", "unconfirmed usage")


def _decisions(document: dict[str, Any], bills: Counter[int]) -> Iterator[tuple[str, Any]]:
    """What an event says was decided, and what about; ``bills`` counts those of each attempt."""
    about = f"attempt {document.get('attempt')}"
    match document["type"]:
        case "run_started":
            for name, critic in document["settings"]["critics"].items():
                for field in ("id", "version", "options"):
                    yield f"critic {name!r}, {field}", critic[field]
        case "generation_started":
            for field in ("node", "round", "turn", "parent", "inputs", "samples", "sampling", "prompt_sha256"):
                yield f"{about}, {field}", document[field]
            if "prefix" in document:
                yield f"{about}, prefix", (document["prefix"]["text_sha256"], document["prefills"])
            for field in ("judged", "offers", "label"):
                if field in document:
                    yield f"{about}, {field}", document[field]
        case "generation_finished":
            # A call is a call, whatever its generator says; a bill has at least one.
            usage = {name: amount for name, amount in (document.get("usage") or {}).items() if name != "calls"}
            yield f"{about}, usage", {name: amount for name, amount in usage.items() if amount}
            yield f"{about}, failure", (document.get("error_kind"), document.get("error"))
        case "budget_settled" if not document["nested"]:
            bills[document["attempt"]] += 1
            bill = (document["bill"], document["unconfirmed"])
            yield f"{about}, bill {bills[document['attempt']]}", bill
        case "candidate_reformulated":
            yield f"{about}, candidate", document["sha256"]
        case "critique":
            judged = {key: document.get(key) for key in ("verdict", "violations", "failed", "proves")}
            yield f"{about}, critic {document['critic']!r}", judged
        case "backprompt":
            for field in ("parent", "reveals", "violations_shown", "violations_known"):
                yield f"{about}, backprompt, {field}", document[field]
        case "attempt_finished":
            for field in ("round", "accepted", "violations"):
                yield f"{about}, finished, {field}", document[field]
            # What a conversion or critic of the user says of its failure may differ each time.
            yield f"{about}, has failed", document["error"] is not None
        case "artefact_withdrawn":
            yield f"{about}, withdrawn", list(document["withdrawn"])
        case "budget_refused":
            yield f"{about}, refused for", document["resource"]
        case "certified":
            yield "certified", (document["attempt"], document["candidate_sha256"], document["claim"])
        case "run_finished":
            yield "end", (document["stop_reason"], document["attempt"])
            yield "end of rounds", document.get("ended_by")
            yield "usage", document["usage"]
            yield "unconfirmed usage", document["unconfirmed"]


def _shown(decision: Any) -> str:
    text = "nothing" if decision is None else str(decision)
    return text if len(text) <= 200 else text[:197] + "..."
