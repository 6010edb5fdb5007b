"""A loop inside of a node of another one: charged to it, limited by it, and otherwise on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    NestedLoop,
    Refine,
    StopReason,
    Usage,
    Violation,
)
from modulo.errors import Billing, ConfigurationError, ConnectionLost, MissingDependencyError
from modulo.events import BudgetSettled, Event
from modulo.protocols import Request
from modulo.running.retrying import Retries
from modulo.testing import ScriptedGenerator
from tests.modulo.running.ledgers import spending_of, unconfirmed_of


@modulo.critic(proves="it is in capitals", runs_in="loop")
def in_capitals(problem: Any, candidate: str) -> Iterator[Violation]:
    if candidate != candidate.upper():
        yield Violation("not_capitals", "It is not in capitals.")


@modulo.critic(proves="it is OK", runs_in="loop")
def is_ok(problem: Any, candidate: str) -> Iterator[Violation]:
    if candidate != "OK":
        yield Violation("not_ok", f"{candidate} is not OK.")


BILL = Usage(calls=1, completion_tokens=10, cost_usd=0.01)


def billed(text: str) -> Generation:
    return Generation(text=text, usage=BILL)


def inner_graph(script: Any, *, problem_type: Any = None) -> Graph:
    graph = Graph("inner", problem_type=problem_type)
    source = script if isinstance(script, modulo.Generator) else ScriptedGenerator(script, worst_case=BILL)
    graph.critic("capitals", in_capitals, reads=graph.generator("writer", source))
    return graph


def loud(request: Request) -> Generation:
    """Gets it right at the second try."""
    wanted = request.problem.value
    return billed(wanted.upper() if request.turn else wanted)


def outer_graph(outer_script: Any, inner: Any = None, **options: Any) -> Graph:
    """Drafts in small letters, which an inner loop brings into capitals."""
    graph = Graph("outer")
    draft = graph.generator("draft", ScriptedGenerator(outer_script, worst_case=BILL))
    nested = NestedLoop(
        inner or inner_graph(loud),
        problem=lambda text, problem: text,
        **{"budget": Budget(rounds=5), **options},
    )
    graph.critic("ok", is_ok, reads=graph.reformulator("capitals", nested, reads=draft))
    return graph


@pytest.mark.anyio
async def test_the_inner_solution_is_the_outer_candidate() -> None:
    outcome = await modulo.solve(outer_graph([billed("no"), billed("ok")]), "p")
    assert isinstance(outcome, Certified)
    assert outcome.solution == "OK"
    assert [attempt.candidate.value() for attempt in outcome.attempts] == ["NO", "OK"]
    assert [entry.node for entry in outcome.certificate.critics] == ["ok"]


@pytest.mark.anyio
async def test_inner_calls_tokens_and_cost_are_charged_to_the_outer_run_but_rounds_and_attempts_are_not() -> (
    None
):
    session = Ledger()
    trace = modulo.Trace()
    outcome = await modulo.solve(outer_graph([billed("no"), billed("ok")]), "p", trace=trace, within=session)
    assert outcome.usage.calls == 2 + 2 * 2
    assert outcome.usage.tokens == 60
    assert outcome.usage.cost_usd == pytest.approx(0.06)
    assert (outcome.usage.rounds, outcome.usage.attempts) == (2, 2)
    assert session.spent == outcome.usage
    assert session.reserved == Usage()


@pytest.mark.anyio
async def test_the_outer_trace_holds_every_bill_of_the_inner_loop_by_attempt() -> None:
    trace = modulo.Trace()
    inner = inner_graph(lambda r: [ConnectionLost("1", billing=Billing.UNKNOWN), billed("OK")][r.turn])
    outcome = await modulo.solve(
        outer_graph([billed("no"), billed("ok")], inner, retries=Retries(max_tries=1)), "p", trace=trace
    )
    assert isinstance(outcome, Certified)
    settled = [event for event in trace.events if isinstance(event, BudgetSettled)]
    assert [(event.attempt, event.nested) for event in settled] == [
        (0, False),
        (0, True),
        (0, True),
    ]
    assert outcome.usage.calls == spending_of(trace.events).calls == 3
    assert outcome.unconfirmed == unconfirmed_of(trace.events) == Usage(completion_tokens=10, cost_usd=0.01)


@pytest.mark.anyio
@pytest.mark.parametrize("calls", range(7))
async def test_a_limit_of_the_outer_run_holds_for_the_inner_loop(calls: int) -> None:
    outcome = await modulo.solve(outer_graph([billed("no"), billed("ok")]), "p", budget=Budget(calls=calls))
    assert outcome.usage.calls <= calls
    assert isinstance(outcome, Certified) == (calls == 6)


@pytest.mark.anyio
async def test_an_inner_loop_that_certifies_nothing_makes_the_text_malformed() -> None:
    graph = outer_graph([billed("no"), billed("ok")], inner_graph(lambda r: billed("small")))
    outcome = await modulo.solve(graph, "p", budget=Budget(rounds=2))
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ROUNDS_LIMIT
    for attempt in outcome.attempts:
        (critique,) = attempt.critiques
        assert critique.critic == "capitals"
        assert critique.violations[0].code == "nested_exhausted"
        assert "rounds_limit" in critique.violations[0].message


@pytest.mark.anyio
async def test_an_inner_budget_holds_within_the_outer_one() -> None:
    graph = outer_graph([billed("no")] * 3, inner_graph(lambda r: billed("small")), budget=Budget(calls=2))
    outcome = await modulo.solve(graph, "p", budget=Budget(rounds=3))
    assert outcome.usage.calls == 3 + 3 * 2


@pytest.mark.anyio
async def test_an_inner_proof_that_there_is_no_solution_is_handed_on_as_that_claim() -> None:
    inner = Graph("inner")
    parsed = inner.reformulator(
        "parsed", lambda text: modulo.NO_SOLUTION, reads=inner.generator("writer", lambda r: "")
    )
    inner.critic("solution", in_capitals, reads=parsed)
    none = modulo.critic(proves="there is none", judges="unsolvability")(lambda problem, candidate: [])
    inner.critic("none", none, reads=parsed)
    graph = outer_graph([billed("no")], inner)
    outer_none = modulo.critic(proves="there is none here", judges="unsolvability")(
        lambda problem, candidate: []
    )
    graph.critic("none", outer_none, reads="capitals")
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, modulo.Unsolvable)
    assert outcome.certificate.claim.text == "there is none here"


@pytest.mark.anyio
async def test_the_deadline_of_the_outer_run_ends_the_inner_loop_too() -> None:
    class Hangs(ScriptedGenerator):
        async def generate(self, request: Request) -> Generation:
            clock.advance(10)
            await anyio.sleep_forever()
            raise AssertionError

    clock = modulo.testing.ManualClock()
    graph = outer_graph([billed("no")], inner_graph(Hangs([])), clock=clock)
    outcome = await modulo.solve(graph, "p", clock=clock, budget=Budget(seconds=10))
    assert outcome.stop_reason is StopReason.SECONDS_LIMIT
    assert outcome.usage.calls == 2


@pytest.mark.anyio
async def test_loops_nest_in_loops() -> None:
    middle = Graph("middle")
    nested = NestedLoop(inner_graph(loud), problem=lambda text, problem: text)
    draft = middle.generator("middle draft", lambda r: billed(r.problem.value))
    middle.critic("capitals too", in_capitals, reads=middle.reformulator("inner", nested, reads=draft))
    trace = modulo.Trace()
    outcome = await modulo.solve(outer_graph([billed("ok")], middle), "p", trace=trace)
    assert isinstance(outcome, Certified)
    assert outcome.usage.calls == spending_of(trace.events).calls == 1 + 1 + 2
    assert outcome.usage.rounds == 1


@pytest.mark.anyio
async def test_parallel_conversations_keep_their_inner_loops_apart() -> None:
    trace = modulo.Trace()
    graph = outer_graph([billed(f"no{i}") for i in range(12)])
    outcome = await modulo.solve(graph, "p", strategy=Refine(width=4), budget=Budget(rounds=3), trace=trace)
    assert [attempt.candidate.value() for attempt in outcome.attempts] == [f"NO{i}" for i in range(12)]
    assert outcome.usage.calls == 12 * 3
    nested = [event.attempt for event in trace.events if isinstance(event, BudgetSettled) and event.nested]
    assert sorted(nested) == sorted([*range(12)] * 2)


@pytest.mark.anyio
async def test_what_an_inner_generator_lacks_is_an_error_before_the_first_outer_call() -> None:
    class Lacks(ScriptedGenerator):
        async def prepare(self, limits: Callable[[str], bool]) -> None:
            raise MissingDependencyError("no model here")

    graph = outer_graph([billed("ok")], inner_graph(Lacks([])))
    with pytest.raises(MissingDependencyError, match="no model here"):
        await modulo.solve(graph, "p")
    assert graph.generators["draft"].generator.requests == []  # type: ignore[attr-defined]


@pytest.mark.anyio
async def test_an_inner_generator_hears_of_the_limits_of_the_outer_run_before_the_first_call() -> None:
    heard: list[dict[str, bool]] = []

    class Asks(ScriptedGenerator):
        async def prepare(self, limits: Callable[[str], bool]) -> None:
            heard.append({name: limits(name) for name in ("rounds", "cost_usd", "tokens")})

    graph = outer_graph([billed("ok")], inner_graph(Asks(lambda r: billed("OK"))))
    await modulo.solve(graph, "p", budget=Budget(cost_usd=1.0))
    assert heard[0] == {"rounds": True, "cost_usd": True, "tokens": False}


@pytest.mark.anyio
async def test_an_error_of_the_inner_loop_is_no_fault_of_the_text() -> None:
    """That no inner critic applies is a mistake of the program; a model could do nothing about it."""
    inner = Graph("inner")
    never = modulo.critic(proves="nothing", applies_to=lambda problem: False)(lambda problem, candidate: [])
    inner.critic("never", never, reads=inner.generator("writer", lambda r: "OK"))
    outcome = await modulo.solve(outer_graph([billed("ok")] * 9, inner), "p", budget=Budget(rounds=9))
    assert outcome.stop_reason is StopReason.ERROR
    assert "no hard critic of 'writer' applies" in str(outcome.error)
    assert len(outcome.attempts) == 3


@pytest.mark.anyio
async def test_the_type_of_the_inner_answer_is_that_of_the_reformulator() -> None:
    inner = Graph("inner")

    def to_number(text: str) -> int:
        return int(text)

    inner.critic(
        "any",
        modulo.critic(proves="nothing")(lambda problem, candidate: []),
        reads=inner.reformulator("number", to_number, reads=inner.generator("writer", lambda r: "7")),
    )
    graph = Graph("outer")

    @modulo.critic(proves="it is 7")
    def is_seven(problem: Any, candidate: int) -> list[Violation]:
        return [] if candidate == 7 else [Violation("wrong", "It is not 7.")]

    @modulo.critic(proves="it is text")
    def is_text(problem: Any, candidate: str) -> list[Violation]:
        return []

    nested = NestedLoop(inner, problem=lambda text, problem: text)
    number = graph.reformulator("number", nested, reads=graph.generator("draft", lambda r: "seven"))
    graph.critic("seven", is_seven, reads=number)
    outcome = await modulo.solve(graph, "p")
    assert isinstance(outcome, Certified)
    assert outcome.solution == 7
    graph.critic("text", is_text, reads=number)
    with pytest.raises(modulo.GraphError, match="gives int"):
        graph.check()


@pytest.mark.anyio
async def test_a_run_inside_of_a_run_charged_elsewhere_is_not_charged_twice() -> None:
    session = Ledger()
    trace = modulo.Trace()

    async def elsewhere(text: str) -> str:
        inner = await modulo.solve(inner_graph(loud), text, within=session)
        return str(inner.solution)  # type: ignore[union-attr]

    graph = Graph("outer")
    answer = graph.reformulator("capitals", elsewhere, reads=graph.generator("draft", lambda r: billed("ok")))
    graph.critic("ok", is_ok, reads=answer)
    outcome = await modulo.solve(graph, "p", trace=trace)
    assert isinstance(outcome, Certified)
    assert outcome.usage.calls == spending_of(trace.events).calls == 1
    assert session.spent.calls == 2


def kinds(events: list[Event]) -> list[str]:
    return [event.type for event in events]


@pytest.mark.anyio
async def test_an_inner_trace_holds_the_inner_run_alone() -> None:
    inner_trace, outer_trace = modulo.Trace(), modulo.Trace()
    await modulo.solve(outer_graph([billed("ok")], trace=inner_trace), "p", trace=outer_trace)
    assert kinds(inner_trace.events).count("run_started") == kinds(outer_trace.events).count("run_started") == 1
    assert kinds(inner_trace.events).count("attempt_finished") == 2
    assert kinds(outer_trace.events).count("attempt_finished") == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"tempo": 1}, "unknown option tempo"),
        ({"critics": [is_ok]}, "unknown option critics"),
        ({"budget": 5}, "budget must be a Budget"),
        ({"select": "last"}, "'first' or 'best'"),
        ({"graph": "inner"}, "runs a Graph, not a str"),
        ({"problem": "p"}, "problem is a function"),
    ],
)
def test_options_that_make_no_sense_are_refused_when_the_loop_is_made(
    options: dict[str, Any], reason: str
) -> None:
    given = {"graph": inner_graph(loud), "problem": lambda text, problem: text, **options}
    with pytest.raises(ConfigurationError, match=reason):
        NestedLoop(given.pop("graph"), **given)
