"""A recorded run, taken apart by attempt: all that a replay takes from the trace and does not decide anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass, replace
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from modulo.budget import Budget, Usage
from modulo.canonical import canonical_json, codec_for, sha256_hex
from modulo.clock import Clock
from modulo.critique import Critique, Remark, Verdict, Violation
from modulo.described import rebuilt, type_id
from modulo.errors import (
    Billing,
    GenerationError,
    Malformed,
    ProblemError,
    TraceError,
    TransientGenerationError,
)
from modulo.graph import Graph
from modulo.options import RunOptions
from modulo.outcome import StopReason
from modulo.problem import Problem
from modulo.prompt_hashes import link_hash
from modulo.protocols import Backprompter, Finish, Generation, Strategy
from modulo.running.retrying import Retries
from modulo.trace import texts_in
from modulo.trace_lines import check_lines

__all__ = ["Recording", "Step", "StepKind"]

StepKind: TypeAlias = Literal["reserved", "refused", "settled", "nested", "finished"]

_STEPS: Final[Mapping[str, StepKind]] = {
    "budget_reserved": "reserved",
    "budget_refused": "refused",
    "budget_settled": "settled",
    "attempt_finished": "finished",
}
_FROM_OUTSIDE: Final = (None, StopReason.SECONDS_LIMIT, StopReason.CANCELLED, StopReason.GIVEN_UP)
"""Ends of a run that no decision of its own brought about; None is a trace that breaks off."""


class Step(NamedTuple):
    """Something whose place among others depended on timing, and may have decided something."""

    kind: StepKind
    attempt: int
    document: Mapping[str, Any]


class Recording:
    """The documents of a trace.

    Attributes:
        documents: The documents.
        start: The first one.
        domain: Name of the domain or graph.
        stop_reason: How the run ended; None if the trace breaks off.
        rounds: How many rounds asked for something.
        ended_from_outside: Whether no decision of the run's own ended it.
        limits_from_above: Limits that ledgers above the run's own had set.
        steps: What must come in the recorded order.
        has_nested_bills: Whether loops nested in it were charged to the run.
        changed: Sentences about texts, candidates and prompts that are not what their hashes say.

    Raises:
        TraceError: The trace lacks something.
    """

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        check_lines(documents)
        self.documents = documents
        self.start = documents[0]
        try:
            self._read()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TraceError(f"the trace is damaged: {type(error).__name__}: {error}") from error

    def _read(self) -> None:
        self._settings: Mapping[str, Any] = self.start["settings"]
        self._sha256_of_problem: str = self.start["problem_sha256"]
        self.domain: str = self.start["domain"]
        end = next(self._of("run_finished"), None)
        self.stop_reason = StopReason(end["stop_reason"]) if end else None
        self.limits_from_above = tuple(self._settings["limits_from_above"])
        self._ended_by = StopReason(end["ended_by"]) if end and end.get("ended_by") else self.stop_reason
        self.ended_from_outside = self._ended_by in _FROM_OUTSIDE
        self.rounds = max((d["round"] for d in self._of("generation_started")), default=0)
        self._texts = dict(pair for document in self.documents for pair in texts_in(document))
        made = list(self._of("candidate_reformulated"))
        self._contents = {d["sha256"]: d["content"] for d in made if "content" in d}
        self._candidates = {d["attempt"]: d["sha256"] for d in made}
        self.changed = tuple(self._changes())
        self.has_nested_bills = any(d.get("nested") for d in self._of("budget_settled"))
        self._expansions = {d["attempt"]: d["samples"] for d in self._of("generation_started")}
        self._asked = {
            (d["node"], d["turn"] + i): d["attempt"] + i
            for d in self._of("generation_started")
            if "offers" not in d
            for i in range(d["samples"])
        }
        self._answers = {d["attempt"]: d for d in self._of("generation_finished")}
        self._calls = {
            attempt: [d for d in calls if not d.get("nested")]
            for attempt, calls in self._by_attempt("budget_reserved", "budget_refused").items()
        }
        self._retries = self._by_attempt("retry")
        self._critiques = self._by_attempt("critique")
        self._remarks = self._by_attempt("remark")
        self._bills = {
            attempt: [d for d in bills if not d.get("nested")]
            for attempt, bills in self._by_attempt("budget_settled").items()
        }
        self.steps = tuple(self._steps())

    # The run as a whole

    def limit_that_ended_it(self) -> str | None:
        """The limit that ended the run, if ledgers above the run's own had set it."""
        return next((n for n in self.limits_from_above if StopReason.of_limit(n) is self._ended_by), None)

    def problem(self, graph: Graph, given: Any = None) -> Problem[Any]:
        """The problem of the run.

        Raises:
            TraceError: It was changed, or another one was given.
        """
        if given is None:
            given = codec_for(graph.problem_type).decode(canonical_json(self.start["problem"]))
        problem = given if isinstance(given, Problem) else Problem.of(given, domain=self.domain)
        if problem.canonical != canonical_json(self.start["problem"]):
            raise TraceError("the trace is about another problem, or one of another type than the graph's")
        if problem.sha256 != self._sha256_of_problem:
            raise TraceError("the problem of the trace was changed")
        return problem

    def if_recorded(self, name: str, candidate: Any) -> Any:
        """A domain's own strategy or backprompter, with the recorded settings; None if another one was recorded.

        Raises:
            TraceError: It has no such settings.
        """
        recorded = self.start["settings"][name]
        if recorded["id"] != type_id(candidate):
            return None
        if recorded["options"] == dict(candidate.describe()):
            return candidate
        if not is_dataclass(candidate) or isinstance(candidate, type):
            return None
        try:
            return replace(candidate, **recorded["options"])  # the command line changes settings
        except TypeError as error:
            raise TraceError(f"the settings of the trace are damaged: {error}") from error

    def options(self, strategy: Strategy | None, backprompter: Backprompter | None, clock: Clock) -> RunOptions:
        """How the run was run, except that time and limits from above are no limits any more.

        Raises:
            ConfigurationError: Its strategy or backprompter is no part of the library and was not given.
        """
        settings = self._settings
        try:
            return RunOptions(
                strategy=strategy or rebuilt(settings["strategy"], Strategy),
                backprompter=backprompter or rebuilt(settings["backprompter"], Backprompter),
                budget=Budget(**{**settings["budget"], "seconds": None}),
                select=settings["select"],
                seed=settings["seed"],
                retries=Retries(**settings["retries"]),
                max_concurrency=settings["max_concurrency"],
                clock=clock,
            )
        except (KeyError, TypeError) as error:
            raise TraceError(f"the settings of the trace are damaged: {error}") from error

    def models_of(self, node: str) -> tuple[str, ...]:
        """The models that a generator had to choose from, in its order; none if it had no choice."""
        described = self._settings["generators"].get(node, {})
        return tuple(described.get("models") or ())

    # Calls

    def attempt_of(self, node: str, turn: int) -> int | None:
        """The attempt that a node's call of some turn was for; None if it was never asked."""
        return self._asked.get((node, turn))

    def samples_of(self, first_attempt: int) -> int:
        """How many samples an expansion was begun with; 0 if it was not."""
        samples: int = self._expansions.get(first_attempt, 0)
        return samples

    def samples_of_first_call(self, attempt: int) -> int:
        """How many samples the first call of an expansion brought."""
        samples = self._expansions.get(attempt, 1)
        own_calls = (i for i in range(1, samples) if self._calls.get(attempt + i))
        return next(own_calls, samples)

    def worst_case(self, attempt: int, nth_try: int) -> Usage:
        """What was to be set aside for a try.

        Raises:
            GenerationError: The generator failed to say it.
        """
        calls = self._calls.get(attempt)
        if not calls:
            if "error_kind" in self._answers.get(attempt, {}):
                raise self._failure(attempt)
            return Usage(calls=1)
        return Usage(**calls[min(nth_try, len(calls) - 1)]["amount"])

    def was_cut_off(self, attempt: int, nth_try: int) -> bool:
        """Whether a call did not come to its end."""
        bills = self._bills.get(attempt, [])
        if nth_try >= len(bills) or self.was_never_sent(attempt, nth_try):
            return True
        is_last = nth_try == len(bills) - 1 and nth_try >= len(self._retries.get(attempt, []))
        has_ended = self._has_answers(attempt) or self._has_further_calls(attempt)
        return is_last and bills[nth_try].get("unconfirmed") is not None and not has_ended

    def was_never_sent(self, attempt: int, nth_try: int) -> bool:
        """Whether a call was cancelled before it was sent."""
        bills = self._bills.get(attempt, [])
        return nth_try < len(bills) and not bills[nth_try]["bill"]["calls"]

    def generations(self, attempt: int, nth_try: int, samples: int) -> list[Generation]:
        """What a try brought.

        Raises:
            GenerationError: It failed.
        """
        retries = self._retries.get(attempt, [])
        if nth_try < len(retries):
            failure = TransientGenerationError(
                retries[nth_try]["message"], billing=self._billing(attempt, nth_try)
            )
            failure.kind = retries[nth_try]["kind"]
            raise failure
        if "error_kind" in self._answers.get(attempt, {}):
            raise self._failure(
                attempt, self._billing(attempt, nth_try), Usage(**self._bills[attempt][nth_try]["bill"])
            )
        bill = None
        if self._billing(attempt, nth_try) is Billing.NONE:
            bill = Usage(**self._bills[attempt][nth_try]["bill"])
        return [
            self._generation(attempt + i, bill if i == 0 else self._told_usage(attempt + i))
            for i in range(samples)
        ]

    def _told_usage(self, attempt: int) -> Usage | None:
        """What a generator said of a sample that came with others, which is no bill."""
        usage = self._answers.get(attempt, {}).get("usage")
        return None if usage is None else Usage(**usage)

    def _generation(self, attempt: int, bill: Usage | None) -> Generation:
        answer = self._answers.get(attempt)
        if answer is None:  # it was never looked at, because an earlier sample was accepted
            return Generation(text="", usage=bill)
        return Generation(
            text=self._texts[answer["text_sha256"]],
            finish=Finish(answer["finish"]),
            usage=bill,
            model=answer["model"],
            detail=answer.get("detail"),
        )

    def _failure(
        self, attempt: int, billing: Billing = Billing.NONE, bill: Usage | None = None
    ) -> GenerationError:
        recorded = self._answers[attempt]
        failure = GenerationError(recorded["error"], billing=billing, bill=bill)
        failure.kind = recorded["error_kind"]
        return failure

    def _billing(self, attempt: int, nth_try: int) -> Billing:
        bills = self._bills[attempt]
        return Billing.NONE if bills[nth_try].get("unconfirmed") is None else Billing.UNKNOWN

    def _has_further_calls(self, attempt: int) -> bool:
        """Whether the expansion that begins with this attempt went on to the calls for its further samples."""
        further = range(attempt + 1, attempt + self.samples_of(attempt))
        return any(attempt in self._calls for attempt in further)

    def _has_answers(self, attempt: int) -> bool:
        """Whether all calls of the attempt's expansion came to their end, so that it was looked at."""
        return any(
            first + i in self._answers
            for first, samples in self._expansions.items()
            if first <= attempt < first + samples
            for i in range(samples)
        )

    # Judging

    def failed_critique(self, attempt: int, critic: str) -> Critique | None:
        """The critique of a critic that crashed or was late: that is no property of the candidate."""
        for d in self._critiques.get(attempt, []):
            if d.get("critic") == critic and d.get("failed"):
                return Critique(Verdict.UNDECIDED, reason=d.get("reason"), failed=True, critic=critic)
        return None

    def remark(self, attempt: int, critic: str) -> Remark:
        """The remark of a soft critic, which may be a model and is not asked again."""
        for d in self._remarks.get(attempt, []):
            if d["remark"]["critic"] == critic:
                return Remark(**d["remark"])
        return Remark(score=0.0, critic=critic, error="no remark was recorded")

    def conversion(self, attempt: int, node: str, *, is_last: bool, value: Any) -> Any:
        """The JSON content that a conversion gave; anything but the last one passes on what comes in.

        Raises:
            Malformed: It found no canonical form.
            RuntimeError: It failed.
        """
        for d in self._critiques.get(attempt, []):
            if d["critic"] == node and attempt not in self._candidates:
                if d.get("failed"):
                    raise RuntimeError("the recorded conversion failed")
                fault = Violation(**d["violations"][-1])
                raise Malformed(fault.message, code=fault.code, location=fault.location, hint=fault.hint)
        if not is_last:
            return value
        if attempt not in self._candidates:
            raise Malformed("the recorded conversion gave no candidate")
        return self._contents[self._candidates[attempt]]

    # Reading

    def finished(self) -> frozenset[int]:
        """The attempts that were judged to the end."""
        return frozenset(step.attempt for step in self.steps if step.kind == "finished")

    def _steps(self) -> Iterator[Step]:
        nth_bill: dict[int, int] = {}
        for d in self.documents:
            kind = _STEPS.get(d["type"])
            if kind is None:
                continue
            attempt = d["attempt"]
            if kind == "reserved" and d.get("nested"):
                continue  # a replay makes no call within an attempt, but books what they were settled at
            if kind == "settled" and d.get("nested"):
                kind = "nested"
            elif kind == "settled":
                nth_bill[attempt] = nth_bill.get(attempt, -1) + 1
                if self.was_cut_off(attempt, nth_bill[attempt]):
                    continue  # it settled because it was cancelled, which the replay will do too
            yield Step(kind, attempt, d)

    def _changes(self) -> Iterator[str]:
        for sha256, text in self._texts.items():
            if sha256_hex(text.encode("utf-8", "surrogatepass")) != sha256:
                yield f"text {sha256[:12]}: it is not what was recorded"
        for sha256, content in self._contents.items():
            if _content_hash(content) != sha256:
                yield f"candidate {sha256[:12]}: it is not what was recorded"
        for d in self._of("prompt"):
            said = self._texts.get(d["text_sha256"])
            if said is not None and link_hash(d["after"] or "", d["role"], said) != d["sha256"]:
                yield f"prompt {str(d['sha256'])[:12]}: it is not what was recorded"

    def _of(self, *kinds: str) -> Iterator[dict[str, Any]]:
        return (document for document in self.documents if document["type"] in kinds)

    def _by_attempt(self, *kinds: str) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {}
        for document in self._of(*kinds):
            found.setdefault(document["attempt"], []).append(document)
        return found


def _content_hash(content: Any) -> str | None:
    try:
        return sha256_hex(canonical_json(content))
    except ProblemError:
        return None
