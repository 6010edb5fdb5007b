"""One expansion: from a conversation to judged attempts, with every way in which a text can be no candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

import modulo
from modulo import Budget, Certified, Exhausted, Graph, Message, StopReason, Violation
from modulo.critique import Verdict
from modulo.errors import ConfigurationError, Malformed, MissingDependencyError, ProblemError
from modulo.protocols import Expansion, Finish, Generation, Request, Strategy
from modulo.testing import ScriptedGenerator
from modulo.tree import Attempt, Tree


@modulo.critic(proves="it is ok")
def is_ok(problem: Any, candidate: Any) -> Iterator[Violation]:
    if candidate != "ok":
        yield Violation("not_ok", f"{candidate!r} is not 'ok'.")


@dataclass(frozen=True)
class Asks(Strategy):
    """Asks for the same expansions each time."""

    expansions: tuple[Expansion, ...]

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        return self.expansions


def graph_of(
    script: Sequence[Any] | Callable[[Request], Any],
    *,
    convert: Any = None,
    prompt: Any = None,
    critic: Any = is_ok,
) -> tuple[Graph, ScriptedGenerator]:
    generator = ScriptedGenerator(script)
    graph = Graph("test")
    end = graph.generator("draft", generator, prompt=prompt)
    if convert:
        end = graph.reformulator("answer", convert, reads=end)
    graph.critic("ok", critic, reads=end)
    return graph, generator


async def solved(script: Any, *, rounds: int | None = 5, problem: Any = "p", **options: Any) -> Any:
    parts = {name: options.pop(name) for name in ("convert", "prompt", "critic") if name in options}
    graph, _ = graph_of(script, **parts)
    return await modulo.solve(graph, problem, budget=Budget(rounds=rounds), **options)


def codes(attempt: Attempt) -> list[str]:
    return [violation.code for critique in attempt.critiques for violation in critique.violations]


# Texts that are no candidates ----------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("finish", [Finish.REFUSED, Finish.EMPTY, Finish.MALFORMED])
async def test_a_generation_without_an_answer_is_a_critique_and_no_candidate(finish: Finish) -> None:
    outcome = await solved([Generation(text="ok", finish=finish, detail="why"), "ok"])
    assert isinstance(outcome, Certified)
    first = outcome.attempts[0]
    assert (first.candidate, first.accepted, first.error) == (None, False, None)
    assert codes(first) == [finish.value]
    (critique,) = first.critiques
    assert (critique.critic, critique.violations[0].actual) == ("draft", "why")


@pytest.mark.anyio
async def test_a_truncated_answer_is_judged_all_the_same() -> None:
    outcome = await solved(
        [Generation(text="o", finish=Finish.TRUNCATED), Generation(text="ok", finish=Finish.TRUNCATED)]
    )
    assert isinstance(outcome, Certified)
    assert [codes(attempt) for attempt in outcome.attempts] == [["truncated", "not_ok"], []]
    assert [entry.node for entry in outcome.certificate.critics] == ["ok"]


@pytest.mark.anyio
async def test_a_truncated_answer_that_cannot_be_read_is_said_to_be_both() -> None:
    def convert(text: str) -> str:
        if text != "ok":
            raise Malformed("No answer in it.", code="no_answer", location="line 1", hint="say ok")
        return text

    outcome = await solved([Generation(text="o", finish=Finish.TRUNCATED), "ok"], convert=convert)
    (critique,) = outcome.attempts[0].critiques
    assert [violation.code for violation in critique.violations] == ["truncated", "no_answer"]
    assert (critique.violations[1].location, critique.violations[1].hint) == ("line 1", "say ok")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error",
    [ValueError("no number"), Malformed("no number"), ProblemError("no number"), UnicodeError("no number")],
)
async def test_a_text_without_canonical_form_is_a_critique_of_the_reformulator(error: Exception) -> None:
    def convert(text: str) -> str:
        if text != "ok":
            raise error
        return text

    outcome = await solved(["ko", "ok"], convert=convert)
    assert isinstance(outcome, Certified)
    (critique,) = outcome.attempts[0].critiques
    assert (critique.critic, critique.verdict, critique.failed) == ("answer", Verdict.REJECT, False)
    assert "no number" in critique.violations[0].message


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        RecursionError(),
        MemoryError(),
        SystemExit(1),
        ConfigurationError("no such model"),
        MissingDependencyError("not installed"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("is_async", [False, True])
async def test_a_reformulator_that_fails_says_nothing_of_the_answer(
    error: BaseException, is_async: bool
) -> None:
    def convert(text: str) -> str:
        raise error

    async def convert_later(text: str) -> str:
        await anyio.lowlevel.checkpoint()
        raise error

    outcome = await solved(["ok"] * 9, convert=convert_later if is_async else convert)
    assert isinstance(outcome, Exhausted)
    assert outcome.stop_reason is StopReason.ERROR
    assert len(outcome.attempts) == 3
    (critique,) = outcome.attempts[0].critiques
    assert (critique.verdict, critique.failed) == (Verdict.UNDECIDED, True)
    assert type(error).__name__ in str(outcome.error)


@pytest.mark.anyio
async def test_a_value_that_is_no_json_is_malformed() -> None:
    for value in (float("nan"), {"k": object()}, {1, 2}, 2**60, "\ud800"):
        outcome = await solved(["x"], convert=lambda text, value=value: value, rounds=1)
        assert codes(outcome.attempts[0]) == ["malformed"]


@pytest.mark.anyio
async def test_a_value_of_another_type_than_promised_is_malformed() -> None:
    def convert(text: str) -> int:
        return text  # type: ignore[return-value]

    outcome = await solved(["7"], convert=convert, rounds=1)
    assert codes(outcome.attempts[0]) == ["malformed"]


# Reformulators -------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_reformulators_run_one_after_another_and_may_read_the_problem() -> None:
    graph = Graph("test")
    draft = graph.generator("draft", ScriptedGenerator(["  o "]))
    stripped = graph.reformulator("stripped", str.strip, reads=draft)

    async def complete(text: str, problem: str) -> str:
        await anyio.lowlevel.checkpoint()
        return text + problem

    graph.critic("ok", is_ok, reads=graph.reformulator("whole", complete, reads=stripped))
    outcome = await modulo.solve(graph, "k")
    assert isinstance(outcome, Certified)
    assert outcome.solution == "ok"


@pytest.mark.anyio
async def test_an_object_with_an_async_call_is_a_reformulator() -> None:
    class Completes:
        async def __call__(self, text: str) -> str:
            await anyio.lowlevel.checkpoint()
            return text + "k"

    assert isinstance(await solved(["o"], convert=Completes()), Certified)


@pytest.mark.anyio
async def test_a_plain_reformulator_may_give_something_to_await() -> None:
    async def later(text: str) -> str:
        return text + "k"

    assert isinstance(await solved(["o"], convert=lambda text: later(text)), Certified)


# Prompts and conversations -------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_without_a_prompt_the_problem_is_the_prompt() -> None:
    for problem, text in (("p", "p"), ({"b": 1, "a": [2]}, '{"a":[2],"b":1}')):
        graph, generator = graph_of(["ok"])
        await modulo.solve(graph, problem)
        assert generator.requests[0].messages == (Message("user", text),)


@pytest.mark.anyio
async def test_a_prompt_is_text_or_messages() -> None:
    messages = [Message("system", "Be brief."), Message("user", "p")]
    for prompt, expected in ((lambda p: f"<{p}>", [Message("user", "<p>")]), (lambda p: messages, messages)):
        graph, generator = graph_of(["ok"], prompt=prompt)
        await modulo.solve(graph, "p")
        assert list(generator.requests[0].messages) == expected


@pytest.mark.anyio
@pytest.mark.parametrize(
    "prompt",
    [
        lambda p: [],
        lambda p: ["text"],
        lambda p: [{"role": "user"}],
        lambda p: [Message("user", 5)],  # type: ignore[arg-type]
        lambda p: [Message("user\nand", "p")],  # type: ignore[arg-type]
    ],
)
async def test_a_prompt_that_is_neither_is_an_error_before_the_first_call(prompt: Any) -> None:
    graph, generator = graph_of(["ok"], prompt=prompt)
    with pytest.raises(ProblemError, match="'draft' is neither text nor messages"):
        await modulo.solve(graph, "p")
    assert generator.requests == []


@pytest.mark.anyio
@pytest.mark.parametrize("width", [1, 3])
async def test_a_prompt_that_fails_ends_the_run_and_holds_nothing_back(width: int) -> None:
    def prompt(problem: Any) -> str:
        raise ZeroDivisionError

    batch = modulo.Ledger(Budget(attempts=9, rounds=9))
    graph, _ = graph_of(["ok"], prompt=prompt)
    with pytest.raises(modulo.errors.ProgramError, match="the prompt of generator 'draft' failed"):
        await modulo.solve(graph, "p", within=batch, strategy=modulo.Refine(width=width))
    assert batch.reserved == batch.spent == modulo.Usage()


@pytest.mark.anyio
async def test_a_conversation_shows_earlier_answers_but_no_failed_calls() -> None:
    graph, generator = graph_of(["a", modulo.errors.ContextOverflow("too long"), "ok"])
    await modulo.solve(graph, "p", strategy=modulo.Refine())
    assert [len(request.messages) for request in generator.requests] == [1, 3, 1]

    graph, generator = graph_of(["a", ValueError("broken"), "ok"])
    await modulo.solve(graph, "p")
    assert [len(request.messages) for request in generator.requests] == [1, 3, 3]


# Attempts and samples ------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_samples_are_attempts_of_their_own_up_to_the_first_accepted_one() -> None:
    strategy = Asks((Expansion(node="draft", samples=4),))
    outcome = await solved(["a", "b", "ok", "ok"], strategy=strategy)
    assert [(attempt.id, attempt.text, attempt.accepted) for attempt in outcome.attempts] == [
        (0, "a", False),
        (1, "b", False),
        (2, "ok", True),
    ]
    assert outcome.usage.calls == 4
    assert outcome.usage.attempts == 3


@pytest.mark.anyio
async def test_attempts_are_counted_when_judged_and_calls_that_fail_are_none() -> None:
    outcome = await solved(["a", ValueError("broken"), "b"], rounds=3)
    assert outcome.usage.attempts == 2
    assert outcome.usage.calls == 3
    assert [attempt.error_kind for attempt in outcome.attempts] == [None, "generation_error", None]


@pytest.mark.anyio
async def test_as_many_samples_are_asked_for_as_the_limit_on_attempts_leaves() -> None:
    graph, generator = graph_of(lambda request: f"{request.turn}")
    strategy = Asks((Expansion(node="draft", samples=4),))
    outcome = await modulo.solve(graph, "p", strategy=strategy, budget=Budget(attempts=6))
    assert outcome.stop_reason is StopReason.ATTEMPTS_LIMIT
    assert [attempt.id for attempt in outcome.attempts] == [0, 1, 2, 3, 4, 5]
    assert len(generator.requests) == outcome.usage.attempts == 6


@pytest.mark.anyio
async def test_of_expansions_at_once_only_those_run_that_the_limit_on_attempts_leaves() -> None:
    graph, generator = graph_of(lambda request: f"{request.turn}")
    outcome = await modulo.solve(graph, "p", strategy=modulo.Refine(width=8), budget=Budget(attempts=5))
    assert outcome.stop_reason is StopReason.ATTEMPTS_LIMIT
    assert [attempt.id for attempt in outcome.attempts] == [0, 1, 2, 3, 4]
    assert len(generator.requests) == 5


@pytest.mark.anyio
async def test_attempts_know_where_they_come_from() -> None:
    outcome = await solved(["a", "ok"])
    first, second = outcome.attempts
    assert (first.round, first.node, first.parent, first.inputs) == (1, "draft", None, {})
    assert (second.round, second.parent, second.text) == (2, 0, "ok")
    assert second.candidate.value() == "ok"
    assert second.candidate.model == "scripted"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("expansion", "reason"),
    [
        (Expansion(node="nobody"), "no generator of this graph"),
        (Expansion(node="draft", parent=5), "no attempt of its own"),
        (Expansion(node="draft", samples=0), "0 samples"),
    ],
)
async def test_a_strategy_that_asks_for_the_impossible_is_an_error(expansion: Expansion, reason: str) -> None:
    batch = modulo.Ledger(Budget(rounds=9))
    graph, generator = graph_of(["ok"])
    with pytest.raises(ConfigurationError, match=reason):
        await modulo.solve(graph, "p", strategy=Asks((expansion,)), within=batch)
    assert generator.requests == []
    assert batch.reserved == modulo.Usage()


@pytest.mark.anyio
async def test_a_strategy_that_asks_for_more_at_once_than_allowed_is_an_error() -> None:
    strategy = Asks((Expansion(node="draft"),) * 3)
    with pytest.raises(ConfigurationError, match="3 expansions, more than 2"):
        await solved(["ok"] * 3, strategy=strategy, max_concurrency=2)
