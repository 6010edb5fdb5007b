"""Replay: run a recorded run again without a model, and report every decision that comes out differently.

What a model answered, what a call cost and when the clock ran out are taken from the trace. Everything that
follows from them is decided anew: what the strategy asks for, every prompt, every candidate, every verdict,
every limit, and the end.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import anyio
import anyio.lowlevel

from modulo.backprompt import ChatBackprompter
from modulo.budget import Budget, Usage
from modulo.canonical import canonical_json, codec_for
from modulo.clock import SystemClock
from modulo.critique import Critique, Verdict
from modulo.domain import find_domain
from modulo.errors import (
    Billing,
    ConfigurationError,
    GenerationError,
    GeneratorDepleted,
    Malformed,
    TraceError,
    TransientGenerationError,
)
from modulo.events import AttemptFinished, Event
from modulo.graph import Graph
from modulo.loop import Run, RunOptions
from modulo.outcome import StopReason
from modulo.problem import Problem
from modulo.protocols import Backprompter, Finish, Generation, Generator, Request, Strategy
from modulo.running.calls import Retries
from modulo.trace import event_json, read_trace

__all__ = ["Replayed", "replay"]

_FROM_OUTSIDE = (None, StopReason.SECONDS_LIMIT, StopReason.CANCELLED)
"""Ends of a run that no decision of its own brought about; None is a trace that breaks off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
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
    strategy: Strategy | None = None,
    backprompter: Backprompter | None = None,
) -> Replayed:
    """Run a recorded run again.

    Args:
        trace: Path of the trace.
        graph: Its graph; None looks up its domain among those installed.
        strategy: Its strategy; needed only for one that is no part of the library.
        backprompter: Its backprompter; needed only for one that is no part of the library.

    Raises:
        TraceError: The trace cannot be read.
        ModuloError: Its domain, strategy or backprompter is not known here, or a critic needs something.
    """
    recording = _Recording(read_trace(trace))
    graph = graph or find_domain(recording.start["domain"]).graph_for_checking()
    options = recording.options(strategy, backprompter)
    events: list[Event] = []
    player = _Player(recording)
    run = Run(
        _silent(graph, recording, player),
        recording.problem(graph),
        options,
        sinks=(events.append, player.note),
        known_critiques=recording.failed_critiques(),
    )
    player.stop = run.cancel
    await run.outcome()
    return Replayed(
        differences=tuple(_differences(recording, events)),
        attempts=sum(isinstance(event, AttemptFinished) for event in events),
        stop_reason=recording.stop_reason,
    )


class _Recording:
    """A trace, by attempt."""

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self.documents = documents
        self.start = documents[0]
        self.texts = {d["text_sha256"]: d["text"] for d in documents if "text" in d}
        self.contents = {d["sha256"]: d["content"] for d in self.of("candidate_reformulated") if "content" in d}
        self.asked = {
            (d["node"], d["turn"] + i): d["attempt"] + i
            for d in self.of("generation_started")
            for i in range(d["samples"])
        }
        self.answers = {d["attempt"]: d for d in self.of("generation_finished")}
        self.finishing_order = [d["attempt"] for d in self.of("attempt_finished")]
        self.amounts = self._amounts()
        end = next(self.of("run_finished"), None)
        self.stop_reason = StopReason(end["stop_reason"]) if end else None

    def of(self, kind: str) -> Iterator[dict[str, Any]]:
        return (document for document in self.documents if document["type"] == kind)

    def problem(self, graph: Graph) -> Problem[Any]:
        value = codec_for(graph.problem_type).decode(canonical_json(self.start["problem"]))
        problem = Problem.of(value, domain=self.start["domain"])
        if problem.sha256 != self.start["problem_sha256"]:
            raise TraceError("the problem of the trace was changed")
        return problem

    def options(self, strategy: Strategy | None, backprompter: Backprompter | None) -> RunOptions:
        settings = self.start["settings"]
        # Time is not replayed: where it ended the run, the end is taken from the trace.
        budget = Budget(**{**settings["budget"], "seconds": None})
        return RunOptions(
            strategy=strategy or _rebuild(settings["strategy"], Strategy),
            backprompter=backprompter or _rebuild(settings["backprompter"], Backprompter),
            budget=budget,
            select=settings["select"],
            seed=settings["seed"],
            retries=Retries(**settings["retries"]),
            max_concurrency=settings["max_concurrency"],
            clock=_NoWaiting(),
        )

    def failed_critiques(self) -> dict[tuple[str, ...], Critique]:
        """Critics that crashed or were late: that is no property of the candidate, so it is not decided anew."""
        candidates = {d["attempt"]: d["sha256"] for d in self.of("candidate_reformulated")}
        return {
            (d["critic"], candidates[d["attempt"]]): Critique(
                Verdict.UNDECIDED, reason=d["reason"], failed=True, critic=d["critic"]
            )
            for d in self.of("critique")
            if d.get("failed") and d["attempt"] in candidates
        }

    def candidate_content(self, attempt: int) -> Any:
        document = next((d for d in self.of("candidate_reformulated") if d["attempt"] == attempt), None)
        if document is None:
            return None
        return self.contents[document["sha256"]]

    def _amounts(self) -> dict[int, list[Usage]]:
        """Worst cases of the tries of each attempt, those that did not fit included."""
        found: dict[int, list[Usage]] = {}
        for document in self.documents:
            if document["type"] in ("budget_reserved", "budget_refused"):
                found.setdefault(document["attempt"], []).append(Usage(**document["amount"]))
        return found


class _Player(Generator):
    """Answers as recorded, in the order in which the recorded attempts finished."""

    def __init__(self, recording: _Recording) -> None:
        self._recording = recording
        self._tries: dict[int, int] = {}
        self._bills = {
            attempt: [d for d in recording.of("budget_settled") if d["attempt"] == attempt]
            for attempt in set(recording.asked.values())
        }
        self._retries = {
            attempt: [d for d in recording.of("retry") if d["attempt"] == attempt]
            for attempt in set(recording.asked.values())
        }
        self._finished: dict[int, anyio.Event] = {a: anyio.Event() for a in recording.finishing_order}
        self.stop: Callable[[], None]

    def note(self, event: Event) -> None:
        """Hear of events, to know which attempts have finished."""
        if isinstance(event, AttemptFinished) and event.attempt in self._finished:
            self._finished[event.attempt].set()

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        attempt = self._recording.asked.get((request.node, request.turn))
        amounts = self._recording.amounts.get(-1 if attempt is None else attempt, [])
        done = self._tries.get(-1 if attempt is None else attempt, 0)
        return amounts[min(done, len(amounts) - 1)] if amounts else Usage(calls=1)

    async def generate(self, request: Request) -> Generation:
        attempt = self._recording.asked.get((request.node, request.turn))
        if attempt is None:
            if self._recording.stop_reason in _FROM_OUTSIDE:
                await self._wait_for_the_end()
            raise GeneratorDepleted("the recorded run asked for no further answer")
        done = self._tries.get(attempt, 0)
        self._tries[attempt] = done + 1
        if done < len(self._retries[attempt]):
            raise self._failure(attempt, done)
        if attempt not in self._finished:
            await self._wait_for_the_end()
        await self._wait_for_turn(attempt)
        return self._answer(attempt, done)

    async def _wait_for_turn(self, attempt: int) -> None:
        order = self._recording.finishing_order
        for earlier in order[: order.index(attempt)]:
            await self._finished[earlier].wait()

    async def _wait_for_the_end(self) -> None:
        """Hang, as the recorded call did when it was cancelled."""
        for event in self._finished.values():
            await event.wait()
        if self._recording.stop_reason in _FROM_OUTSIDE:
            self.stop()
        await anyio.sleep_forever()

    def _failure(self, attempt: int, done: int) -> TransientGenerationError:
        recorded = self._retries[attempt][done]
        failure = TransientGenerationError(recorded["message"], billing=self._billing(attempt, done))
        failure.kind = recorded["kind"]
        return failure

    def _billing(self, attempt: int, done: int) -> Billing:
        bills = self._bills[attempt]
        unknown = done < len(bills) and bills[done].get("unconfirmed") is not None
        return Billing.UNKNOWN if unknown else Billing.NONE

    def _answer(self, attempt: int, done: int) -> Generation:
        recorded = self._recording.answers[attempt]
        if "finish" not in recorded:
            failure = GenerationError(recorded["error"], billing=self._billing(attempt, done))
            failure.kind = recorded["error_kind"]
            raise failure
        usage = recorded["usage"]
        return Generation(
            text=self._recording.texts[recorded["text_sha256"]],
            finish=Finish(recorded["finish"]),
            usage=None if usage is None else Usage(**usage),
            model=recorded["model"],
            detail=recorded.get("detail"),
        )


class _NoWaiting(SystemClock):
    """A clock whose waits are over at once and whose deadlines never come."""

    async def sleep(self, seconds: float) -> None:
        await anyio.lowlevel.checkpoint()

    def now(self) -> float:
        return 0.0


def _silent(graph: Graph, recording: _Recording, player: _Player) -> Graph:
    """The graph with everything that may call a model replaced by the recording."""
    conversions: dict[str, Callable[..., Any] | None] = {}
    program = graph.check()
    for stage in program.stages.values():
        for path in stage.paths.values():
            if any(_may_call_a_model(node.convert) for node in path):
                first, *others = path
                conversions[first.name] = _recorded_conversion(recording, stage.codec.decode, first.wants_problem)
                conversions |= dict.fromkeys((node.name for node in others), None)
    return graph.with_nodes(
        generators=dict.fromkeys(graph.generators, player), conversions=conversions
    )


def _may_call_a_model(convert: Callable[..., Any] | None) -> bool:
    return inspect.iscoroutinefunction(convert) or inspect.iscoroutinefunction(
        getattr(type(convert), "__call__", None)  # noqa: B004  an object with an async __call__
    )


def _recorded_conversion(
    recording: _Recording, decode: Callable[[bytes], Any], wants_problem: bool
) -> Callable[..., Any]:
    made: dict[str, Any] = {}
    for attempt, answer in recording.answers.items():
        if "text_sha256" in answer:
            made[recording.texts[answer["text_sha256"]]] = recording.candidate_content(attempt)

    def convert(text: str) -> Any:
        if made.get(text) is None:
            raise Malformed("the recorded conversion gave no candidate")
        return decode(canonical_json(made[text]))

    def convert_with_problem(text: str, problem: Any) -> Any:
        return convert(text)

    return convert_with_problem if wants_problem else convert


def _rebuild(recorded: Mapping[str, Any], kind: type) -> Any:
    """A strategy or backprompter of the library from its recorded id and options."""
    module, _, name = recorded["id"].partition(":")
    inside = module == ChatBackprompter.__module__ or module.startswith("modulo.strategies.")
    found = getattr(import_module(module), name, None) if inside else None
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise ConfigurationError(
            f"{recorded['id']} is no part of the library; give the {kind.__name__.lower()} to replay()"
        )
    return found(**recorded["options"])


def _differences(recording: _Recording, events: list[Event]) -> Iterator[str]:
    replayed = [event_json(event) for event in events]
    then, now = _decisions(recording.documents), _decisions(replayed)
    for key in dict.fromkeys([*then, *now]):
        if then.get(key) == now.get(key):
            continue
        if key == "end" and recording.stop_reason in _FROM_OUTSIDE:
            continue
        yield f"{key}: recorded {_shown(then.get(key))}, now {_shown(now.get(key))}"


def _decisions(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything that a run decided, by what it is about."""
    found: dict[str, Any] = {}
    for d in documents:
        match d["type"]:
            case "generation_started":
                fields = ("node", "round", "turn", "parent", "inputs", "samples", "sampling", "prompt_sha256")
                found |= {f"attempt {d['attempt']}, {field}": d[field] for field in fields}
            case "candidate_reformulated":
                found[f"attempt {d['attempt']}, candidate"] = d["sha256"]
            case "critique":
                judged = {k: d.get(k) for k in ("verdict", "violations", "failed", "proves")}
                found[f"attempt {d['attempt']}, critic {d['critic']!r}"] = judged
            case "attempt_finished":
                found[f"attempt {d['attempt']}, accepted"] = d["accepted"]
            case "artefact_withdrawn":
                found[f"attempt {d['attempt']}, withdrawn"] = list(d["withdrawn"])
            case "budget_refused":
                found[f"attempt {d['attempt']}, refused for"] = d["resource"]
            case "run_finished":
                found["end"] = (d["stop_reason"], d["attempt"])
    return found


def _shown(decision: Any) -> str:
    text = "nothing" if decision is None else str(decision)
    return text if len(text) <= 200 else text[:197] + "..."
