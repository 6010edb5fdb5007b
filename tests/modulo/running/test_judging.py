"""The critics of a stage, and the one rule of certification: every critic that applies, ACCEPT, this candidate."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

import modulo
from modulo import Certified, Critique, Exhausted, Graph, Remark, StopReason, Verdict, Violation
from modulo.canonical import codec_for
from modulo.clock import Clock, SystemClock
from modulo.errors import CriticError, NotApplicableError
from modulo.problem import Candidate, Problem
from modulo.protocols import Critic, Judgement, SoftCritic
from modulo.running.judging import Judge, applicable_critics, is_accepted
from modulo.testing import ManualClock, ScriptedGenerator
from tests.modulo.running import process_critics
from tests.modulo.running.processes import descendants, pids_in, seconds_until_gone
from tests.modulo.waiting import a_while, until

WRONG = Violation("wrong", "It is wrong.")


class Says(Critic[Any, Any]):
    """Says what it is told to say, and remembers what it was asked about."""

    proves = "what it says"

    def __init__(
        self,
        judgement: Callable[[Any, Any], Any] | Any = (),
        *,
        applies: Any = True,
        **declared: Any,
    ) -> None:
        self.judgement = judgement
        self.applies = applies
        self.asked: list[Any] = []
        for name, value in declared.items():
            setattr(self, name, value)

    def applies_to(self, problem: Any) -> bool:
        if isinstance(self.applies, BaseException):
            raise self.applies
        return self.applies  # type: ignore[no-any-return]

    def critique(self, problem: Any, *candidates: Any) -> Judgement:
        self.asked.append(candidates[0])
        return self.judgement(problem, *candidates) if callable(self.judgement) else self.judgement


class Opinion(SoftCritic[Any, Any]):
    """A soft critic of some function."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        self.function = function

    def remark(self, problem: Any, candidate: Any) -> Remark:
        return self.function(problem, candidate)  # type: ignore[no-any-return]


def raising(error: BaseException) -> Callable[..., Any]:
    def critique(*_: Any) -> Any:
        raise error

    return critique


def graph_of(*critics: Critic[Any, Any], answers: Sequence[str] = ("a",), convert: Any = None) -> Graph:
    graph = Graph("test")
    end = graph.generator("generator", ScriptedGenerator(answers, repeats_last=True))
    if convert:
        end = graph.reformulator("answer", convert, reads=end)
    for number, critic in enumerate(critics, 1):
        graph.critic(f"critic {number}", critic, reads=end)
    return graph


async def judged(
    *critics: Critic[Any, Any], problem: Any = "p", candidate: Any = "a", stops: bool = False, clock: Any = None
) -> tuple[tuple[Critique, ...], bool]:
    """What some critics say of a candidate, and whether that certifies it."""
    program = graph_of(*critics).check()
    wrapped = Problem.of(problem, domain="test")
    applicable = applicable_critics(program, wrapped)
    judge = Judge(wrapped, applicable, pool=None, clock=clock or SystemClock())
    made = a_candidate(candidate)
    given = await judge.critiques(program.answer, made, {}, stops_at_rejection=stops)
    return given, judge.accepts(program.answer, made, given)


def a_candidate(value: Any) -> Candidate[Any]:
    codec = codec_for(Any)
    return Candidate.of(value, codec=codec, text="", node="generator", model="", prompt_sha256="")


def verdicts(critiques: Sequence[Critique]) -> list[str]:
    return [critique.verdict.value for critique in critiques]


# What certifies ------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_only_acceptance_by_every_critic_certifies() -> None:
    assert (await judged(Says(), Says(())))[1]
    for other in ([WRONG], Critique.undecided("?"), None):
        for pair in ((Says(), Says(other)), (Says(other), Says())):
            assert not (await judged(*pair))[1]
            assert not (await judged(*pair, stops=True))[1]


def test_missing_doubled_or_foreign_critiques_do_not_certify() -> None:
    program = graph_of(Says(), Says()).check()
    candidate = a_candidate("a")
    one, two = (
        Critique(Verdict.ACCEPT, critic="critic 1"),
        Critique(Verdict.ACCEPT, critic="critic 2"),
    )
    nodes = program.answer.critics
    assert is_accepted(nodes, candidate, (one, two))
    for given in ((), (one,), (two,), (one, one), (two, one), (one, two, two)):
        assert not is_accepted(nodes, candidate, given)
    assert not is_accepted(nodes, candidate, (one, Critique(Verdict.ACCEPT, critic="critic 3")))
    assert not is_accepted((), candidate, ())
    assert not is_accepted(nodes, a_candidate(modulo.NO_SOLUTION), (one, two))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "judgement",
    [
        None,
        True,
        "",
        "ok",
        {},
        set(),
        WRONG,
        Verdict.ACCEPT,
        [None],
        raising(SystemExit(0)),
        raising(RecursionError()),
        raising(MemoryError()),
        raising(StopIteration()),
        raising(StopAsyncIteration()),
        raising(asyncio.CancelledError()),
        raising(ExceptionGroup("several", [ValueError()])),
        raising(AssertionError()),
        raising(TimeoutError()),
    ],
    ids=repr,
)
@pytest.mark.parametrize("runs_in", ["auto", "loop", "thread"])
async def test_a_critic_that_gives_no_judgement_fails_and_never_certifies(judgement: Any, runs_in: str) -> None:
    given, accepted = await judged(Says(), Says(judgement, runs_in=runs_in))
    assert not accepted
    assert verdicts(given) == ["accept", "undecided"]
    assert given[1].failed
    assert given[1].reason
    outcome = await modulo.solve(graph_of(Says(judgement, runs_in=runs_in)), "p")
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ERROR
    assert outcome.error is not None
    assert "critic 1" in outcome.error


@pytest.mark.anyio
@pytest.mark.parametrize("judgement", [raising(SystemExit(0)), raising(asyncio.CancelledError())], ids=repr)
async def test_a_coroutine_critic_that_exits_or_cancels_itself_fails(judgement: Any) -> None:
    class Later(Says):
        async def critique(self, problem: Any, candidate: Any) -> Judgement:  # type: ignore[override]
            await anyio.lowlevel.checkpoint()
            return judgement()

    for strategy in (modulo.Refine(), modulo.Refine(width=2)):
        outcome = await modulo.solve(graph_of(Later()), "p", strategy=strategy)
        assert outcome.stop_reason is StopReason.ERROR


@pytest.mark.anyio
@pytest.mark.parametrize("width", [1, 2])
async def test_ctrl_c_in_a_critic_ends_the_run_as_itself(width: int) -> None:
    trace = modulo.Trace()
    with pytest.raises(KeyboardInterrupt):
        await modulo.solve(
            graph_of(Says(raising(KeyboardInterrupt()))), "p", strategy=modulo.Refine(width=width), trace=trace
        )
    assert trace.events[-1].type == "run_finished"


@pytest.mark.anyio
async def test_an_async_critic_judges() -> None:
    class Later(Says):
        async def critique(self, problem: Any, candidate: Any) -> Judgement:  # type: ignore[override]
            await anyio.lowlevel.checkpoint()
            return [] if candidate == "ok" else [WRONG]

    class Yields(Says):
        async def critique(  # type: ignore[override]
            self, problem: Any, candidate: Any
        ) -> AsyncIterator[Violation]:
            if candidate != "ok":
                yield WRONG

    class Wrapped(Says):
        def critique(self, problem: Any, candidate: Any) -> Any:  # a plain function that gives a coroutine
            return Later().critique(problem, candidate)

    for critic in (Later(), Yields(), Wrapped()):
        outcome = await modulo.solve(graph_of(critic, answers=["ko", "ok"]), "p")
        assert isinstance(outcome, Certified)
        assert [attempt.accepted for attempt in outcome.attempts] == [False, True]


@pytest.mark.anyio
async def test_a_critic_that_changes_its_mind_certifies_only_what_it_accepted() -> None:
    answers = iter([Critique.undecided("not yet"), None, ()])
    outcome = await modulo.solve(graph_of(Says(lambda *_: next(answers))), "p")
    assert isinstance(outcome, Certified)
    assert [verdicts(attempt.critiques) for attempt in outcome.attempts] == [
        ["undecided"],
        ["undecided"],
        ["accept"],
    ]


@pytest.mark.anyio
async def test_a_critic_that_rejected_is_not_asked_again_about_the_same_candidate() -> None:
    critic = Says(lambda _, candidate: [] if candidate == "b" else [WRONG])
    outcome = await modulo.solve(graph_of(critic, answers=["a", "a", "b"]), "p")
    assert outcome.stop_reason is StopReason.CERTIFIED
    assert critic.asked == ["a", "b"]


@pytest.mark.anyio
async def test_what_a_critic_does_to_its_candidate_reaches_nobody_else() -> None:
    def spoil(problem: Any, candidate: Any) -> Any:
        candidate.clear()
        return []

    seen = Says(lambda _, candidate: [] if candidate == ["x", "y"] else [WRONG])
    graph = graph_of(Says(spoil), seen, answers=["x y"], convert=str.split)
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, Certified)
    assert outcome.solution == ["x", "y"]
    assert outcome.certificate.solution == ["x", "y"]


@pytest.mark.anyio
async def test_a_change_that_a_critic_takes_back_is_seen_by_no_other_lane() -> None:
    is_changed, is_judged = threading.Event(), threading.Event()

    @modulo.critic(proves="within the limit", runs_in="thread")
    def within(problem: Any, candidate: str) -> Any:
        if candidate == "slow":
            problem["limit"] = 99
            is_changed.set()
            is_judged.wait(5)
            problem["limit"] = 1
            yield Violation("slow", "slow")
            return
        is_changed.wait(5)
        seen = problem["limit"]
        is_judged.set()
        if seen < 50:
            yield Violation("limit", "beyond the limit")

    outcome = await modulo.solve(
        {"limit": 1},
        generator=ScriptedGenerator(["slow", "fast"]),
        critics=[within],
        strategy=modulo.Refine(width=2),
        budget=modulo.Budget(rounds=1),
    )
    assert isinstance(outcome, Exhausted)


@pytest.mark.anyio
@pytest.mark.parametrize("change", [dict.clear, lambda problem: problem.update(new=object())])
async def test_a_critic_that_changes_the_problem_certifies_nothing(change: Callable[[Any], Any]) -> None:
    def spoil(problem: Any, candidate: Any) -> Any:
        change(problem)
        return []

    trace = modulo.Trace()
    outcome = await modulo.solve(graph_of(Says(spoil)), {"n": 3}, trace=trace)
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ERROR
    assert outcome.error is not None
    assert "changed" in outcome.error
    assert [e.type for e in trace.events].count("run_finished") == 1
    assert "certified" not in [e.type for e in trace.events]


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["options", "digests"])
async def test_a_critic_that_cannot_be_named_in_a_certificate_certifies_nothing(method: str) -> None:
    critic = Says()
    graph = graph_of(critic)
    graph.check()
    setattr(critic, method, raising(ZeroDivisionError("by zero")))
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ERROR
    assert outcome.error == "ZeroDivisionError: by zero"


@pytest.mark.anyio
@pytest.mark.parametrize("is_plain", [False, True])
async def test_a_critic_that_swallows_the_end_of_the_run_has_not_judged(is_plain: bool) -> None:
    async def stubborn(problem: Any, candidate: Any) -> list[Violation]:
        try:
            await anyio.sleep_forever()
        except BaseException:
            return []

    def plain(problem: Any, candidate: Any) -> Any:
        return stubborn(problem, candidate)

    critic = modulo.critic(proves="nothing")(plain if is_plain else stubborn)
    outcome = await modulo.solve(graph_of(critic), "p", budget=modulo.Budget(seconds=0.05))
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.SECONDS_LIMIT


# Order and gates -----------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_critiques_stand_in_the_order_of_the_graph_though_the_cheapest_runs_first() -> None:
    order: list[str] = []

    def noting(name: str) -> Callable[..., Any]:
        def critique(*_: Any) -> list[Violation]:
            order.append(name)
            return [Violation(name, name)]

        return critique

    critics = [Says(noting("dear"), cost=5.0), Says(noting("cheap"), cost=1.0), Says(noting("free"), cost=0.0)]
    given, _ = await judged(*critics)
    assert order == ["free", "cheap", "dear"]
    assert [critique.violations[0].code for critique in given] == ["dear", "cheap", "free"]
    order.clear()
    given, _ = await judged(*critics, stops=True)
    assert order == ["free"]
    assert [critique.critic for critique in given] == ["critic 3"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "gate", [[WRONG], None, Critique.undecided("?")], ids=["rejects", "fails", "undecided"]
)
async def test_a_format_critic_that_does_not_accept_keeps_the_others_from_running(gate: Any) -> None:
    other, cheap_format = Says(cost=0.0), Says(is_format=True, cost=9.0)
    given, accepted = await judged(other, Says(gate, is_format=True, cost=2.0), cheap_format)
    assert not accepted
    assert other.asked == []
    assert cheap_format.asked == ["a"]
    assert len(given) == 2


@pytest.mark.anyio
async def test_a_format_critic_that_accepts_lets_the_others_run() -> None:
    other = Says(cost=0.0)
    assert (await judged(other, Says(is_format=True, cost=9.0)))[1]
    assert other.asked == ["a"]


# Which critics apply -------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_critic_that_does_not_apply_is_neither_asked_nor_named() -> None:
    critic = Says([WRONG], applies=False)
    outcome = await modulo.solve(graph_of(critic, Says()), "p")
    assert isinstance(outcome, Certified)
    assert critic.asked == []
    assert [entry.node for entry in outcome.certificate.critics] == ["critic 2"]


@pytest.mark.anyio
async def test_a_problem_to_which_no_critic_applies_is_refused_before_the_first_call() -> None:
    graph = graph_of(Says(applies=False))
    with pytest.raises(NotApplicableError, match="'generator'"):
        await modulo.solve(graph, "p")
    assert graph.generators["generator"].generator.requests == []  # type: ignore[attr-defined]


@pytest.mark.anyio
async def test_a_critic_of_unsolvability_alone_could_certify_no_solution() -> None:
    graph = graph_of(Says(applies=False), Says(judges="unsolvability"))
    with pytest.raises(NotApplicableError):
        await modulo.solve(graph, "p")


@pytest.mark.anyio
@pytest.mark.parametrize("applies", [ZeroDivisionError(), SystemExit(), None, 1, "yes", []], ids=repr)
async def test_a_critic_that_cannot_say_whether_it_applies_is_an_error_before_the_first_call(
    applies: Any,
) -> None:
    graph = graph_of(Says(), Says(applies=applies))
    with pytest.raises(CriticError, match="critic 2"):
        await modulo.solve(graph, "p")
    assert graph.generators["generator"].generator.requests == []  # type: ignore[attr-defined]


# No solution ---------------------------------------------------------------------------------------------------


def parsed(text: str) -> str:
    return modulo.NO_SOLUTION if text == "none" else text  # type: ignore[return-value]


@pytest.mark.anyio
async def test_only_critics_of_unsolvability_judge_the_claim_that_there_is_no_solution() -> None:
    solutions, unsolvability = Says([WRONG]), Says(judges="unsolvability")
    outcome = await modulo.solve(graph_of(solutions, unsolvability, answers=["none"], convert=parsed), "p")
    assert isinstance(outcome, modulo.Unsolvable)
    assert outcome.certificate.kind == "unsolvable"
    assert [entry.node for entry in outcome.certificate.critics] == ["critic 2"]
    assert solutions.asked == []
    assert unsolvability.asked == [modulo.NO_SOLUTION]


@pytest.mark.anyio
async def test_critics_of_unsolvability_do_not_judge_solutions() -> None:
    unsolvability = Says([WRONG], judges="unsolvability")
    outcome = await modulo.solve(graph_of(Says(), unsolvability, answers=["a"], convert=parsed), "p")
    assert isinstance(outcome, Certified)
    assert unsolvability.asked == []


@pytest.mark.anyio
@pytest.mark.parametrize("judgement", [[WRONG], None, Critique.undecided("?")], ids=repr)
async def test_the_claim_that_there_is_no_solution_is_worth_nothing_unless_proven(judgement: Any) -> None:
    graph = graph_of(
        Says(),
        Says(judgement, judges="unsolvability"),
        Says(judges="unsolvability"),
        answers=["none"],
        convert=parsed,
    )
    outcome = await modulo.solve(graph, "p", budget=modulo.Budget(rounds=2))
    assert isinstance(outcome, Exhausted)


@pytest.mark.anyio
async def test_where_no_critic_can_prove_it_the_claim_is_rejected() -> None:
    outcome = await modulo.solve(graph_of(Says(), answers=["none", "a"], convert=parsed), "p")
    assert isinstance(outcome, Certified)
    first = outcome.attempts[0]
    assert not first.accepted
    assert [v.code for c in first.critiques for v in c.violations] == ["unsolvability_not_provable"]


# Deadlines -----------------------------------------------------------------------------------------------------


class Waits(Critic[Any, Any]):
    """An async critic that waits for its clock, and may refuse to be stopped."""

    proves = "patience"
    max_seconds = 5.0

    def __init__(self, clock: Clock, seconds: float, *, is_stubborn: bool = False) -> None:
        self.clock, self.seconds, self.is_stubborn = clock, seconds, is_stubborn

    async def critique(self, problem: Any, candidate: Any) -> Judgement:
        try:
            await self.clock.sleep(self.seconds)
        except BaseException:
            if not self.is_stubborn:
                raise
        return []


@pytest.mark.anyio
@pytest.mark.parametrize("is_stubborn", [False, True])
@pytest.mark.parametrize(("seconds", "is_late"), [(4.9, False), (5.1, True)])
async def test_an_async_critic_past_its_deadline_has_failed_whatever_it_returns(
    seconds: float, is_late: bool, is_stubborn: bool
) -> None:
    clock = ManualClock()
    results: list[tuple[tuple[Critique, ...], bool]] = []

    async def judge() -> None:
        results.append(await judged(Waits(clock, seconds, is_stubborn=is_stubborn), clock=clock))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(judge)
        await until(lambda: clock.sleepers == 2)
        clock.advance(seconds)
        await a_while()
        clock.advance(1)
    (((critique,), accepted),) = results
    assert accepted is not is_late
    assert critique.failed is is_late
    if is_late:
        assert critique.reason == "no verdict within 5 s"


@pytest.mark.anyio
async def test_an_async_generator_critic_may_have_a_deadline() -> None:
    class Yields(Critic[Any, Any]):
        proves = "something"
        max_seconds = 5.0

        async def critique(  # type: ignore[override]
            self, problem: Any, candidate: Any
        ) -> AsyncIterator[Violation]:
            if candidate != "ok":
                yield WRONG

    outcome = await modulo.solve(graph_of(Yields(), answers=["ko", "ok"]), "p")
    assert isinstance(outcome, Certified)


# Processes -----------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_critic_with_a_deadline_runs_in_a_process_and_is_stopped_there(tmp_path: Path) -> None:
    before = descendants()
    critic = process_critics.Does(process_critics.spawns_and_loops, max_seconds=0.2)
    outcome = await modulo.solve(graph_of(critic), str(tmp_path), budget=modulo.Budget(rounds=1))
    assert isinstance(outcome, Exhausted)
    assert "no verdict within 0.2 s" in str(outcome.attempts[0].error)
    assert descendants() <= before
    assert seconds_until_gone(await pids_in(tmp_path)) < 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "function",
    [
        process_critics.exits_at_once,
        process_critics.kills_itself,
        process_critics.exits_by_system_exit,
        process_critics.raises,
        process_critics.none,
    ],
)
async def test_a_critic_that_dies_in_its_process_never_certifies(function: Any) -> None:
    outcome = await modulo.solve(graph_of(process_critics.Does(function)), "p")
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ERROR
    assert [attempt.accepted for attempt in outcome.attempts] == [False] * 3


@pytest.mark.anyio
async def test_twenty_runs_at_once_share_a_few_processes() -> None:
    before = descendants()
    graph = graph_of(process_critics.Does(process_critics.equals_ok, max_seconds=20), answers=["ko", "ok"])
    outcomes: list[Any] = []

    async def solve() -> None:
        outcomes.append(await modulo.solve(graph, "p"))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(solve)
    assert [type(outcome) for outcome in outcomes] == [Certified] * 20
    assert descendants() <= before


class CannotBePickled(dict[str, int]):
    """A JSON object that cannot be sent to a process."""

    def __reduce__(self) -> Any:
        raise TypeError("not for pickling")


@pytest.mark.anyio
async def test_a_problem_that_cannot_be_sent_to_a_process_is_an_error_before_the_first_call() -> None:
    graph = graph_of(process_critics.Does(process_critics.equals_ok))
    problem = Problem(domain="test", value=CannotBePickled(), canonical=b"{}", sha256="", codec=codec_for(dict))
    with pytest.raises(modulo.ModuloError, match="cannot be sent to a worker process"):
        await modulo.solve(graph, problem)
    assert graph.generators["generator"].generator.requests == []  # type: ignore[attr-defined]


# Soft critics --------------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize(
    "function",
    [
        raising(ZeroDivisionError()),
        raising(SystemExit()),
        lambda *_: None,
        lambda *_: 1.0,
        lambda *_: Remark(score=float("nan")),
        lambda *_: Remark(score=float("inf")),
        lambda *_: Remark(score="high"),
        lambda *_: Critique.reject(WRONG),
    ],
)
async def test_a_soft_critic_that_fails_neither_certifies_nor_vetoes(function: Any) -> None:
    for hard, stop_reason in ((Says(), StopReason.CERTIFIED), (Says([WRONG]), StopReason.ROUNDS_LIMIT)):
        graph = graph_of(hard)
        graph.soft_critic("opinion", Opinion(function), reads="generator")
        outcome = await modulo.solve(graph, "p", select="best", budget=modulo.Budget(rounds=2))
        assert outcome.stop_reason is stop_reason
        for attempt in outcome.attempts:
            (remark,) = attempt.remarks
            assert remark.error
            assert remark.critic == "opinion"
            assert attempt.score == 0


@pytest.mark.anyio
async def test_a_soft_critic_runs_on_a_thread_or_is_a_coroutine() -> None:
    threads: list[int] = []

    def on_a_thread(problem: Any, candidate: Any) -> Remark:
        threads.append(threading.get_ident())
        return Remark(score=1.0, text="fine")

    class Later(SoftCritic[Any, Any]):
        async def remark(self, problem: Any, candidate: Any) -> Remark:
            await anyio.lowlevel.checkpoint()
            return Remark(score=2.0)

    graph = graph_of(Says())
    graph.soft_critic("one", Opinion(on_a_thread), reads="generator")
    graph.soft_critic("two", Later(), reads="generator")
    outcome = await modulo.solve(graph, "p", select="best", budget=modulo.Budget(rounds=1))
    assert [(r.critic, r.score, r.text) for r in outcome.attempts[0].remarks] == [
        ("one", 1.0, "fine"),
        ("two", 2.0, None),
    ]
    assert threading.get_ident() not in threads


def test_a_deep_recursion_in_a_critic_leaves_the_rest_alone() -> None:
    def deep(problem: Any, candidate: Any) -> Iterator[Violation]:
        yield from deep(problem, candidate)

    limit = sys.getrecursionlimit()
    outcome = modulo.solve_sync(graph_of(Says(deep)), "p")
    assert outcome.stop_reason is StopReason.ERROR
    assert sys.getrecursionlimit() == limit
