"""Runs the critics of a stage on one candidate: in order, under deadlines, each verdict once.

An exception, a deadline or a killed process is never a verdict: it becomes UNDECIDED and ``failed``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from modulo.asynchrony import is_async
from modulo.clock import Clock
from modulo.critique import Critique, Remark, Verdict, Violation
from modulo.errors import CriticError, NotApplicableError
from modulo.graph.nodes import CriticNode, SoftCriticNode
from modulo.graph.program import Program, Stage
from modulo.logs import warn
from modulo.problem import Candidate, Problem
from modulo.running.asking import ask_async, ask_in_process, ask_quickly
from modulo.running.cancelling import cancellation_is_under_way, let_cancellation_arrive
from modulo.running.failures import is_failure
from modulo.running.placement import pace_of, run_placed
from modulo.running.script import Script
from modulo.running.workers import WorkerPool

__all__ = ["Judge", "applicable_critics", "is_accepted", "judges"]


def applicable_critics(program: Program, problem: Problem[Any]) -> Mapping[str, tuple[CriticNode, ...]]:
    """The hard critics that apply to a problem, by artefact, in the graph's order.

    Raises:
        NotApplicableError: At some artefact, none does.
        CriticError: A critic cannot say whether it applies.
    """
    found = {}
    for artefact, stage in program.stages.items():
        nodes = tuple([node for node in stage.critics if _applies(node, problem)])
        # The graph's own tuple where it can be, so that many runs at once hold as little as they can.
        found[artefact] = stage.critics if len(nodes) == len(stage.critics) else nodes
        if not any(node.critic.judges == "solutions" for node in found[artefact]):
            raise NotApplicableError(
                f"no hard critic of {artefact!r} applies to this problem, so nothing could be certified"
            )
    return found


def is_accepted(
    critics: Sequence[CriticNode], candidate: Candidate[Any], critiques: Sequence[Critique]
) -> bool:
    """The one place that says whether a candidate is certified.

    It is, if every critic that applies and judges claims of its kind gave exactly one critique, all of them
    ACCEPT, and there is at least one.
    """
    for critique in critiques:
        if critique.verdict is not Verdict.ACCEPT:
            return False
    judging = [node.name for node in critics if judges(node, candidate)]
    return bool(judging) and [critique.critic for critique in critiques] == judging


class _Seat:
    """A hard critic at its place in a run, with what a run learns of it and lends to it."""

    __slots__ = ("node", "others", "pace", "problems")

    def __init__(self, node: CriticNode) -> None:
        self.node = node
        self.others = node.reads[1:]
        self.pace = pace_of(node.critic)
        self.problems: tuple[Any, ...] = ()
        """Values of the problem that are its own and not in use."""


class Judge:
    """The critics of a program, at work on one problem.

    Args:
        problem: The problem.
        critics: Those that apply, by artefact.
        pool: Worker processes; None if no critic needs them.
        clock: For deadlines and times taken.
        script: The recorded course to follow, in a replay.
    """

    def __init__(
        self,
        problem: Problem[Any],
        critics: Mapping[str, tuple[CriticNode, ...]],
        *,
        pool: WorkerPool | None,
        clock: Clock,
        script: Script | None = None,
    ) -> None:
        self._problem = problem
        self._critics = critics
        self._pool = pool
        self._clock = clock
        self._order = {
            artefact: [_Seat(node) for node in _running_order(nodes)] for artefact, nodes in critics.items()
        }
        # Within a run the problem is fixed; the node stands for the critic with its version and options.
        self._verdicts: dict[tuple[str, ...], Critique] = {}
        self._script = script

    async def critiques(
        self,
        stage: Stage,
        candidate: Candidate[Any],
        inputs: Mapping[str, Candidate[Any]],
        *,
        stops_at_rejection: bool,
    ) -> tuple[Critique, ...]:
        """What the hard critics say of a candidate, in the graph's order.

        Format critics gate the others; the cheapest runs first.

        Args:
            stage: The stage that the candidate is for.
            candidate: The candidate.
            inputs: Certified artefacts by name, for critics that read them too.
            stops_at_rejection: Whether the first rejection is enough.
        """
        found: dict[str, Critique] = {}
        rejected_format = False
        for seat in self._order[stage.artefact]:
            node = seat.node
            if not judges(node, candidate):
                continue
            if rejected_format and not node.critic.is_format:
                break
            candidates = (candidate, *[inputs[name] for name in seat.others]) if seat.others else (candidate,)
            critique = found[node.name] = await self._critique(seat, candidates)
            if critique.verdict is not Verdict.ACCEPT:
                rejected_format = rejected_format or node.critic.is_format
                if stops_at_rejection:
                    break
        if not found and candidate.claims_unsolvable:
            return (_cannot_prove_unsolvable(stage),)
        if len(found) == 1:
            return tuple(found.values())
        return tuple([found[node.name] for node in self._critics[stage.artefact] if node.name in found])

    def accepts(self, stage: Stage, candidate: Candidate[Any], critiques: Sequence[Critique]) -> bool:
        """Whether these critiques certify this candidate."""
        return is_accepted(self._critics[stage.artefact], candidate, critiques)

    def acceptance(self, node: CriticNode, candidates: Sequence[Candidate[Any]]) -> Critique | None:
        """The critique with which a critic accepted exactly these candidates in this run, if it did."""
        known = self._verdicts.get(_key(node.name, candidates))
        return known if known is not None and known.verdict is Verdict.ACCEPT else None

    async def hear_remarks(
        self,
        stage: Stage,
        candidate: Candidate[Any],
        inputs: Mapping[str, Candidate[Any]],
        heard: list[Remark],
    ) -> None:
        """Ask the soft critics what they think of a candidate.

        Args:
            stage: The stage that the candidate is for.
            candidate: The candidate.
            inputs: Certified artefacts by name, for soft critics that read them too.
            heard: Takes the remarks as they are given; those from before a cancellation stand in it too.
        """
        if candidate.claims_unsolvable:
            return
        if self._script:
            await self._script.before_verdict()
        for node in stage.soft_critics:
            heard.append(await self._remark(node, candidate, inputs))  # noqa: PERF401  kept as they come

    async def _critique(self, seat: _Seat, candidates: tuple[Candidate[Any], ...]) -> Critique:
        name = seat.node.name
        key = _key(name, candidates)
        known = self._verdicts.get(key)
        if self._script:
            known = self._script.failed_critique(name) or known
        if known is not None:
            return known
        started = self._clock.now()
        try:
            if cancellation_is_under_way():
                await let_cancellation_arrive()
            critique = await self._asked(seat, candidates)
        except BaseException as error:  # a critic may raise anything
            if not is_failure(error):
                raise
            critique = Critique(Verdict.UNDECIDED, reason=_in_words(error), failed=True)
            warn("critic_failed", critic=name, reason=critique.reason)
        critique = replace(critique, critic=name, seconds=self._clock.now() - started)
        if critique.verdict is not Verdict.UNDECIDED:
            self._verdicts[key] = critique
        return critique

    async def _asked(self, seat: _Seat, candidates: tuple[Candidate[Any], ...]) -> Critique:
        node, critic = seat.node, seat.node.critic
        # What one critic does to its values, for a while or for good, no other one sees.
        free = seat.problems
        if free:
            problem, seat.problems = free[-1], free[:-1]
        else:
            problem = self._problem.own_value()
        args = (problem, *[candidate.value() for candidate in candidates])
        if node.runs_in_process:
            critique = await ask_in_process(critic, args, pool=self._pool, clock=self._clock)
        elif node.is_async:
            critique = await ask_async(critic, args, clock=self._clock)
        else:
            size = len(self._problem.canonical)
            for candidate in candidates:
                size += len(candidate.canonical)
            said = ask_quickly(critic, args, pace=seat.pace, size=size)
            critique = said if isinstance(said, Critique) else await said
        if critique.verdict is Verdict.ACCEPT and not self._problem.is_unchanged_in(problem):
            return Critique(Verdict.UNDECIDED, reason="it changed the problem while judging", failed=True)
        # Not reached by a call that was cancelled or failed, whose thread may hold the value still.
        seat.problems = (*seat.problems, problem)
        return critique

    async def _remark(
        self, node: SoftCriticNode, candidate: Candidate[Any], inputs: Mapping[str, Candidate[Any]]
    ) -> Remark:
        if self._script:
            return self._script.remark(node.name)
        args = (self._problem.value, candidate.value(), *(inputs[name].value() for name in node.reads[1:]))
        try:
            remark = await _call_soft(node.critic.remark, args)
            if not isinstance(remark, Remark):
                raise TypeError(f"it returned a {type(remark).__name__}, not a Remark")
            return replace(remark, critic=node.name, score=_finite(remark.score))
        except BaseException as error:
            if not is_failure(error):
                raise
            # It has no veto, so its failure must not have one either; it is recorded with the remark.
            warn("soft_critic_failed", critic=node.name, reason=_in_words(error))
            return Remark(score=0.0, critic=node.name, error=_in_words(error))


def _key(critic: str, candidates: Sequence[Candidate[Any]]) -> tuple[str, ...]:
    if len(candidates) == 1:
        return critic, candidates[0].sha256
    return (critic, *[candidate.sha256 for candidate in candidates])


def _running_order(nodes: Sequence[CriticNode]) -> list[CriticNode]:
    return sorted(nodes, key=lambda node: (not node.critic.is_format, node.critic.cost))


def judges(node: CriticNode, candidate: Candidate[Any]) -> bool:
    """Whether a critic judges candidates of this kind: solutions, or claims that there is none."""
    return (node.critic.judges == "unsolvability") == candidate.claims_unsolvable


def _applies(node: CriticNode, problem: Problem[Any]) -> bool:
    try:
        applies = node.critic.applies_to(problem.value)
    except BaseException as error:
        if not is_failure(error):
            raise
        raise CriticError(node.name, f"applies_to failed: {_in_words(error)}") from error
    if not isinstance(applies, bool):
        raise CriticError(node.name, f"applies_to returned a {type(applies).__name__}, not True or False")
    return applies


def _cannot_prove_unsolvable(stage: Stage) -> Critique:
    violation = Violation(
        "unsolvability_not_provable",
        "The answer says that no solution exists. No critic here can prove that. Give a solution.",
    )
    return Critique(Verdict.REJECT, (violation,), critic=stage.artefact)


async def _call_soft(function: Callable[..., Any], args: tuple[Any, ...]) -> object:
    if is_async(function):
        return await function(*args)
    return await run_placed(function, *args, pace=pace_of(function), size=0, runs_in="thread")


def _finite(score: float) -> float:
    if not math.isfinite(score):
        raise ValueError(f"a score must be finite, not {score!r}")
    return float(score)


def _in_words(error: BaseException) -> str:
    text = str(error)
    if type(error).__module__.startswith("modulo.") or (isinstance(error, TimeoutError) and text):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
