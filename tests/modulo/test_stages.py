"""Graphs with several generators: stages, withdrawn artefacts, back edges, races and joins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import anyio
import pytest

import modulo
from modulo import (
    Budget,
    Certified,
    Exhausted,
    Generation,
    Graph,
    Ledger,
    Refine,
    Remark,
    StopReason,
    Usage,
    Violation,
)
from modulo.events import ArtefactWithdrawn, GenerationStarted
from modulo.protocols import Expansion, Request, SoftCritic, Strategy
from modulo.testing import ScriptedGenerator
from modulo.tree import Tree
from tests.modulo.waiting import until


def accepts(*good: str) -> modulo.Critic[Any, Any]:
    """A critic that accepts some texts."""

    @modulo.critic(proves=f"it is one of {good}", runs_in="loop")
    def one_of(problem: Any, candidate: str) -> Iterator[Violation]:
        if candidate not in good:
            yield Violation("wrong", f"{candidate} is not one of {good}")

    return one_of


def fits(*pairs: tuple[str, str]) -> modulo.Critic[Any, Any]:
    """A critic that accepts an answer together with what it is built on."""

    @modulo.critic(proves=f"it fits: {pairs}", runs_in="loop")
    def fitting(problem: Any, answer: str, outline: str) -> Iterator[Violation]:
        if (outline, answer) not in pairs:
            yield Violation("unfit", f"{answer} does not fit {outline}")

    return fitting


def scripted(*script: Any) -> ScriptedGenerator:
    return ScriptedGenerator(script)


class TwoStages:
    """An outline, and an answer that is built on it."""

    def __init__(
        self,
        outlines: Sequence[Any],
        answers: Sequence[Any],
        *,
        outline_critic: modulo.Critic[Any, Any] | None = None,
        answer_critic: modulo.Critic[Any, Any] | None = None,
        fitting: modulo.Critic[Any, Any] | None = None,
    ) -> None:
        self.outliner, self.writer = scripted(*outlines), scripted(*answers)
        self.graph = Graph("two stages")
        outline = self.graph.generator("outline", self.outliner)
        answer = self.graph.generator(
            "answer", self.writer, prompt=lambda problem, outline: f"{problem} from {outline}", reads=outline
        )
        self.graph.critic("outline ok", outline_critic or accepts("A", "B"), reads=outline)
        self.graph.critic("answer ok", answer_critic or accepts("x", "y", "z"), reads=answer)
        if fitting:
            self.graph.critic("fits", fitting, reads=[answer, outline], backprompts=outline)

    async def solve(self, **options: Any) -> Any:
        self.trace = modulo.Trace()
        return await modulo.solve(self.graph, "p", trace=self.trace, **options)

    @property
    def withdrawn(self) -> list[tuple[int, ...]]:
        return [event.withdrawn for event in self.trace.events if isinstance(event, ArtefactWithdrawn)]


def course(outcome: Any) -> list[tuple[str, str, bool]]:
    return [(attempt.node, attempt.text, attempt.accepted) for attempt in outcome.attempts]


# Stages --------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_downstream_sees_only_what_was_certified_upstream() -> None:
    run = TwoStages(["bad", "worse", "A"], ["bad", "x"])
    outcome = await run.solve()
    assert isinstance(outcome, Certified)
    assert outcome.solution == "x"
    assert course(outcome) == [
        ("outline", "bad", False),
        ("outline", "worse", False),
        ("outline", "A", True),
        ("answer", "bad", False),
        ("answer", "x", True),
    ]
    assert [request.messages[0].content for request in run.writer.requests] == ["p from A"] * 2
    assert [candidate.value() for candidate in run.writer.requests[0].inputs] == ["A"]
    assert [attempt.inputs for attempt in outcome.attempts[3:]] == [{"outline": 2}] * 2


@pytest.mark.anyio
async def test_an_upstream_generator_that_never_succeeds_keeps_the_downstream_one_from_being_asked() -> None:
    run = TwoStages(["bad"] * 5, ["x"])
    outcome = await run.solve(budget=Budget(rounds=5))
    assert outcome.stop_reason is StopReason.ROUNDS_LIMIT
    assert run.writer.requests == []


@pytest.mark.anyio
async def test_the_certificate_names_every_artefact_and_critic_on_the_way() -> None:
    run = TwoStages(["A"], ["x"], fitting=fits(("A", "x")))
    outcome = await run.solve()
    assert isinstance(outcome, Certified)
    certificate = outcome.certificate
    assert [(part.name, part.content) for part in certificate.artefacts] == [("outline", "A")]
    assert [entry.node for entry in certificate.critics] == ["outline ok", "answer ok", "fits"]
    assert (await modulo.verify(certificate, graph=run.graph)).certificate == certificate


@pytest.mark.anyio
async def test_a_critic_may_judge_by_certified_artefacts_of_earlier_stages() -> None:
    graph = Graph("three")
    one = graph.generator("one", scripted("A"))
    two = graph.generator("two", scripted("B"), reads=one)
    three = graph.generator("three", scripted("wrong", "AB"), reads=two)

    @modulo.critic(proves="it joins both")
    def joins(problem: Any, candidate: str, first: str, second: str) -> Iterator[Violation]:
        if candidate != first + second:
            yield Violation("wrong", "It does not join both.")

    graph.critic("one ok", accepts("A"), reads=one)
    graph.critic("two ok", accepts("B"), reads=two)
    graph.critic("three ok", joins, reads=[three, one, two], backprompts=three)
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, Certified)
    assert outcome.solution == "AB"
    assert [part.name for part in outcome.certificate.artefacts] == ["one", "two"]


@pytest.mark.anyio
async def test_a_join_waits_until_everything_that_it_reads_is_certified() -> None:
    graph = Graph("join")
    left = graph.generator("left", scripted("bad", "L"))
    right = graph.generator("right", scripted("bad", "bad", "R"))
    both = ScriptedGenerator(["LR"])
    joined = graph.generator("both", both, reads=[left, right])
    graph.critic("left ok", accepts("L"), reads=left)
    graph.critic("right ok", accepts("R"), reads=right)
    graph.critic("both ok", accepts("LR"), reads=joined)
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, Certified)
    assert both.requests[0].messages[0].content == "p\n\nL\n\nR"
    assert [part.content for part in outcome.certificate.artefacts] == ["L", "R"]


@pytest.mark.anyio
async def test_a_part_of_the_problem_cannot_be_called_unsolvable() -> None:
    graph = Graph("parts")
    draft = graph.generator("draft", scripted("none", "A"))
    part = graph.reformulator("part", lambda text: modulo.NO_SOLUTION if text == "none" else text, reads=draft)
    answer = graph.generator("answer", scripted("x"), reads=part)
    graph.critic("part ok", accepts("A"), reads=part)
    graph.critic("answer ok", accepts("x"), reads=answer)
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, Certified)
    assert outcome.attempts[0].critiques[0].violations[0].code == "malformed"


# Back edges ----------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_rejection_along_a_back_edge_withdraws_the_artefact_and_says_so_to_its_generator() -> None:
    run = TwoStages(["A", "B"], ["x", "y"], fitting=fits(("B", "y")))
    outcome = await run.solve()
    assert isinstance(outcome, Certified)
    assert course(outcome) == [
        ("outline", "A", True),
        ("answer", "x", False),
        ("outline", "B", True),
        ("answer", "y", True),
    ]
    assert run.withdrawn == [(0,)]
    second_outline = run.outliner.requests[1].messages
    assert "x does not fit A" in second_outline[-1].content
    assert [part.content for part in outcome.certificate.artefacts] == ["B"]
    assert outcome.attempts[3].inputs == {"outline": 2}


@pytest.mark.anyio
async def test_a_rejection_that_is_no_back_edge_withdraws_nothing() -> None:
    run = TwoStages(["A"], ["bad", "x"], fitting=None)
    outcome = await run.solve()
    assert isinstance(outcome, Certified)
    assert run.withdrawn == []


@pytest.mark.anyio
async def test_the_first_rejection_of_a_stop_at_first_run_withdraws_only_by_its_own_back_edge() -> None:
    run = TwoStages(["A", "B"], ["bad", "x"], fitting=fits(("A", "x")))
    outcome = await run.solve(backprompter=modulo.ChatBackprompter(granularity="first"))
    assert isinstance(outcome, Certified)
    assert run.withdrawn == []


@pytest.mark.anyio
async def test_a_withdrawn_artefact_takes_everything_built_on_it_with_it() -> None:
    graph = Graph("three")
    one_source, two_source = scripted("A", "B"), scripted("m", "n")
    one = graph.generator("one", one_source)
    two = graph.generator("two", two_source, reads=one)
    three = graph.generator("three", scripted("bad", "x"), reads=two)
    graph.critic("one ok", accepts("A", "B"), reads=one)
    graph.critic("two ok", accepts("m", "n"), reads=two)
    graph.critic("three ok", accepts("x"), reads=three, backprompts=one)
    trace = modulo.Trace()
    outcome = await modulo.solve(graph, "p", trace=trace)
    assert isinstance(outcome, Certified)
    assert [event.withdrawn for event in trace.events if isinstance(event, ArtefactWithdrawn)] == [(0, 1)]
    assert [part.content for part in outcome.certificate.artefacts] == ["B", "n"]
    assert [event.node for event in trace.events if isinstance(event, GenerationStarted)] == [
        *("one", "two", "three"),
        *("one", "two", "three"),
    ]


@pytest.mark.anyio
async def test_an_answer_certified_beside_one_that_blames_the_outline_still_ends_the_run() -> None:
    run = TwoStages(["A"], ["x", "y"], fitting=fits(("A", "x")))
    outcome = await run.solve(strategy=Refine(width=2), budget=Budget(rounds=2))
    assert isinstance(outcome, Certified)
    assert outcome.solution == "x"


@pytest.mark.anyio
@pytest.mark.parametrize("answers", [["x", "y", "zzz"], ["y", "x", "zzz"], ["y", "zzz", "x"]])
async def test_the_best_answer_is_built_on_what_stands(answers: list[str]) -> None:
    class Length(SoftCritic[Any, Any]):
        def remark(self, problem: Any, candidate: str) -> Remark:
            return Remark(score=float(len(candidate)))

    run = TwoStages(
        ["A"] * 3,
        answers,
        answer_critic=accepts("x", "y", "zzz"),
        fitting=fits(("A", "x"), ("A", "zzz")),
    )
    run.graph.soft_critic("length", Length(), reads="answer")
    outcome = await run.solve(select="best", strategy=Refine(width=3), budget=Budget(rounds=2))
    assert isinstance(outcome, Certified)
    assert outcome.solution == "zzz"
    assert sorted(a.text for a in outcome.attempts if a.node == "answer") == ["x", "y", "zzz"]
    assert (await modulo.verify(outcome.certificate, graph=run.graph)).certificate == outcome.certificate


@pytest.mark.anyio
async def test_a_run_whose_outlines_are_withdrawn_again_and_again_ends_at_its_limit() -> None:
    run = TwoStages(["A", "B"] * 20, ["x"] * 40, fitting=fits())
    outcome = await run.solve(budget=Budget(rounds=9))
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ROUNDS_LIMIT
    assert len(run.withdrawn) == 4


# Races ---------------------------------------------------------------------------------------------------------


class Gated(ScriptedGenerator):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__([])
        self.asked = anyio.Event()
        self.may_answer = anyio.Event()
        self.text = ""
        self.was_cancelled = False

    async def generate(self, request: Request) -> Generation:
        self.asked.set()
        try:
            await self.may_answer.wait()
        except BaseException:
            self.was_cancelled = True
            raise
        return Generation(text=self.text)

    def answer(self, text: str) -> None:
        self.text = text
        self.may_answer.set()


def race(*generators: modulo.Generator) -> Graph:
    graph = Graph("race")
    nodes = [graph.generator(f"g{i}", generator) for i, generator in enumerate(generators)]
    either: Any = nodes[0]
    for node in nodes[1:]:
        either = either | node
    graph.critic("ok", accepts("x", "y", "z"), reads=either)
    return graph


@pytest.mark.anyio
@pytest.mark.parametrize("winner", [0, 1, 2])
async def test_the_first_certified_of_parallel_generators_wins_and_cancels_the_rest(winner: int) -> None:
    generators = [Gated() for _ in range(3)]
    outcomes: list[Any] = []

    async def solve() -> None:
        outcomes.append(await modulo.solve(race(*generators), "p"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(solve)
        for generator in generators:
            await generator.asked.wait()
        generators[winner].answer("x")
    (outcome,) = outcomes
    assert isinstance(outcome, Certified)
    assert outcome.attempts[0].node == f"g{winner}"
    assert [generator.was_cancelled for generator in generators] == [i != winner for i in range(3)]
    assert outcome.usage == Usage(rounds=1, attempts=1, calls=3)


@pytest.mark.anyio
async def test_a_rejected_generator_of_a_race_does_not_stop_the_others() -> None:
    generators = [Gated() for _ in range(3)]
    outcomes: list[Any] = []
    trace = modulo.Trace()

    async def solve() -> None:
        outcomes.append(await modulo.solve(race(*generators), "p", trace=trace))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(solve)
        for generator in generators:
            await generator.asked.wait()
        generators[1].answer("bad")
        await until(lambda: trace.events[-1].type == "attempt_finished")
        generators[2].answer("x")
    assert [(attempt.node, attempt.accepted) for attempt in outcomes[0].attempts] == [
        ("g1", False),
        ("g2", True),
    ]


@pytest.mark.anyio
async def test_generators_of_a_race_keep_conversations_of_their_own() -> None:
    one, two = scripted("bad one", "worse one", "bad"), scripted("bad two", "worse two", "x")
    outcome = await modulo.solve(race(one, two), "p")
    assert isinstance(outcome, Certified)
    for name, generator in (("one", one), ("two", two)):
        answers = [m.content for m in generator.requests[-1].messages if m.role == "assistant"]
        assert answers == [f"bad {name}", f"worse {name}"]


@pytest.mark.anyio
async def test_a_race_upstream_feeds_one_artefact_downstream() -> None:
    graph = Graph("race upstream")
    fast, slow = graph.generator("fast", scripted("bad", "A")), graph.generator("slow", scripted("bad", "bad"))
    writer = scripted("x")
    answer = graph.generator("answer", writer, reads=fast | slow)
    graph.critic("outline ok", accepts("A"), reads=fast | slow)
    graph.critic("answer ok", accepts("x"), reads=answer)
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, Certified)
    assert writer.requests[0].messages[0].content == "p\n\nA"
    assert [part.name for part in outcome.certificate.artefacts] == ["fast | slow"]


@pytest.mark.anyio
async def test_the_winner_of_a_race_upstream_is_the_one_asked_first_among_those_certified() -> None:
    graph = Graph("race upstream")
    one, two = graph.generator("one", scripted("A")), graph.generator("two", scripted("B"))
    answer = graph.generator("answer", ScriptedGenerator(lambda r: r.inputs[0].value()), reads=one | two)
    graph.critic("outline ok", accepts("A", "B"), reads=one | two)
    graph.critic("answer ok", accepts("A", "B"), reads=answer)
    for _ in range(5):
        outcome = await modulo.solve(graph, "p")
        assert isinstance(outcome, Certified)
        certified = [a for a in outcome.attempts if a.accepted and a.node != "answer"]
        assert outcome.solution == certified[0].text


@pytest.mark.anyio
async def test_alternatives_may_be_converted_each_in_its_own_way() -> None:
    graph = Graph("converted")
    loud, quiet = (
        graph.generator("loud", scripted("bad", "BAD")),
        graph.generator("quiet", scripted("bad", "x ")),
    )
    lowered = graph.reformulator("lowered", str.lower, reads=loud)
    stripped = graph.reformulator("stripped", str.strip, reads=quiet)
    graph.critic("ok", accepts("x"), reads=lowered | stripped)
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, Certified)
    assert outcome.solution == "x"


# Limits over stages --------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("calls", range(6))
async def test_a_limit_on_calls_holds_over_all_stages(calls: int) -> None:
    batch = Ledger()
    run = TwoStages(["bad", "A", "B"], ["x", "y"], fitting=fits(("B", "y")))
    outcome = await run.solve(budget=Budget(calls=calls), within=batch)
    assert outcome.usage.calls == batch.spent.calls == min(calls, 5)
    assert isinstance(outcome, Certified if calls == 5 else Exhausted)
    assert batch.reserved == Usage()


@pytest.mark.anyio
async def test_a_strategy_cannot_ask_for_a_stage_whose_inputs_do_not_stand() -> None:
    class Hasty(Strategy):
        def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
            return [Expansion(node="answer")]

    run = TwoStages(["A"], ["x"])
    with pytest.raises(modulo.ModuloError, match="'answer', whose inputs are not certified"):
        await run.solve(strategy=Hasty())
    assert run.writer.requests == []


@pytest.mark.anyio
async def test_a_strategy_may_ask_for_several_stages_at_once() -> None:
    """Siblings of one stage are cancelled by its first certified artefact, those of another go on."""

    class Both(Strategy):
        def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
            names = ["left", "right"] if not {"left", "right"} <= set(tree.live) else ["both"]
            return [Expansion(node=name) for name in names if name not in tree.live]

    left, right = Gated(), Gated()
    graph = Graph("join")
    nodes = [graph.generator("left", left), graph.generator("right", right)]
    joined = graph.generator("both", scripted("LR"), reads=nodes)
    checks: dict[str, Callable[..., Any]] = {"left": accepts("L"), "right": accepts("R"), "both": accepts("LR")}
    for name, critic in checks.items():
        graph.critic(f"{name} ok", critic, reads=joined if name == "both" else name)  # type: ignore[arg-type]
    outcomes: list[Any] = []
    trace = modulo.Trace()

    async def solve() -> None:
        outcomes.append(await modulo.solve(graph, "p", strategy=Both(), trace=trace))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(solve)
        await left.asked.wait()
        await right.asked.wait()
        left.answer("L")
        await until(lambda: trace.events[-1].type == "attempt_finished")
        assert not right.was_cancelled
        right.answer("R")
    assert isinstance(outcomes[0], Certified)
