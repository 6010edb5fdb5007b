"""Faults of further kinds: in composed constraints, in critics that wait, in reformulators, in numbers and texts."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import anyio.lowlevel
import pytest

import modulo
from modulo.audit.auditing import run_audit
from modulo.audit.mutations import mutation
from modulo.audit.subject import Subject
from modulo.critics.constraints import Satisfies, any_of, at_most, constraint, implies
from modulo.critique import Violation
from modulo.domain import graph_without_generator
from modulo.domains.graph_coloring import DOMAIN as COLORING
from modulo.domains.graph_coloring import ColoringProblem, ProperColoring
from modulo.protocols import Critic
from modulo.testing import audit
from tests.modulo.audit.planted import SPECIMENS, _exactly, _spends, _strictly


def fault_in(problem: Any, candidate: Any) -> str:
    return _spends(problem, candidate, _strictly, _exactly)


@constraint
def shape(problem: Any, candidate: Any) -> Iterator[Violation]:
    fault = fault_in(problem, candidate)
    if fault and not fault.startswith("It spends"):
        yield Violation("shape", fault)


@constraint
def spends(problem: Any, candidate: Any) -> Iterator[Violation]:
    fault = fault_in(problem, candidate)
    if fault.startswith("It spends"):
        yield Violation("spends", fault)


@constraint
def spends_or_crashes(problem: Any, candidate: Any) -> Iterator[Violation]:
    try:
        yield from spends(problem, candidate)
    except Exception:
        return


@constraint
def never(problem: Any, candidate: Any) -> Iterator[Violation]:
    yield Violation("never", "Never.")


@constraint(applies_to=lambda problem: len(problem["prices"]) < 6)
def spends_in_small_problems(problem: Any, candidate: Any) -> Iterator[Violation]:
    yield from spends(problem, candidate)


@pytest.mark.parametrize(
    ("critic", "sign"),
    [
        (Satisfies(any_of(shape, spends)), "accepted, and wrong"),
        (Satisfies(shape, implies(never, spends)), "accepted, and wrong"),
        (Satisfies(shape, at_most(1, at_most(0, spends), never)), "accepted, and wrong"),
        (Satisfies(shape, spends_in_small_problems), "accepted, and wrong"),
        (Satisfies(shape, spends_or_crashes), "swallows exceptions"),
        (Satisfies(shape, any_of(never, spends_or_crashes)), "swallows exceptions"),
    ],
    ids=["any", "implies", "at_most", "inapplicable", "swallows", "swallows_in_any"],
)
def test_a_fault_in_composed_constraints_is_found(critic: Critic[Any, Any], sign: str) -> None:
    assert sign in complaints(critic)


def amounts(change: Callable[[Any], Any]) -> Critic[Any, Any]:
    """A critic that takes each amount for something else."""

    @modulo.critic(proves="spends the total")
    def judged(problem: dict, candidate: object):  # type: ignore[no-untyped-def, type-arg]
        if isinstance(candidate, dict) and isinstance(candidate.get("amounts"), list):
            candidate = {**candidate, "amounts": [change(amount) for amount in candidate["amounts"]]}
        fault = fault_in(problem, candidate)
        if fault:
            yield Violation("budget", fault)

    return judged


@pytest.mark.parametrize(
    "change",
    [
        lambda amount: amount % 2**32 if _strictly(amount) else amount,
        lambda amount: abs(amount) if _strictly(amount) else amount,
        lambda amount: int(amount) if type(amount) is float else amount,
        lambda amount: int(amount) if isinstance(amount, str) and amount.isdigit() else amount,
        lambda amount: amount[0] if isinstance(amount, list) and len(amount) == 1 else amount,
    ],
    ids=["wraps_around", "loses_signs", "cuts_fractions", "takes_texts", "unwraps"],
)
def test_a_critic_that_takes_numbers_for_others_is_found(change: Callable[[Any], Any]) -> None:
    assert "accepted, and wrong" in complaints(amounts(change), n=1200)


def colors(change: Callable[[str], str]) -> Critic[Any, Any]:
    """A critic that takes each colour for another text."""

    @modulo.critic(proves="proper colouring")
    def judged(problem: ColoringProblem, candidate: dict[str, str]):  # type: ignore[no-untyped-def]
        yield from ProperColoring().critique(problem, {node: change(c) for node, c in candidate.items()})

    return judged


@pytest.mark.parametrize(
    "change",
    [
        lambda color: unicodedata.normalize("NFKC", color),
        lambda color: color.removesuffix("\n"),
        lambda color: color.strip("\"'`"),
        lambda color: color.partition("\0")[0],
        lambda color: color.encode("ascii", "ignore").decode(),
    ],
    ids=["compatible", "last_line_break", "quotes", "null", "invisible"],
)
def test_a_critic_that_takes_texts_for_others_is_found(change: Callable[[str], str]) -> None:
    assert "accepted, and wrong" in complaints(colors(change), COLORING.specimens(), n=1000)


class SwallowsWhileWaiting(Critic[Any, Any]):
    proves = "spends the total"

    async def critique(self, problem: dict, candidate: object) -> list[Violation]:  # type: ignore[override, type-arg]
        try:
            await anyio.lowlevel.checkpoint()
            fault = fault_in(problem, candidate)
        except Exception:
            return []
        return [Violation("budget", fault)] if fault else []


def test_a_critic_that_swallows_exceptions_while_it_waits_is_found() -> None:
    assert "swallows exceptions" in complaints(SwallowsWhileWaiting())


def test_numbers_are_also_changed_so_that_their_sum_stays() -> None:
    made = (mutation([1, 5, 9], random.Random(seed)) for seed in range(200))
    shifted = [one.document for one in made if one is not None and one.family == "shifted_numbers"]
    assert shifted
    assert all(sum(numbers) == 15 and numbers != [1, 5, 9] for numbers in shifted)  # type: ignore[misc, arg-type]


def test_a_reformulator_that_makes_up_its_answer_is_found() -> None:
    """It answers itself where the text does not, and so well that critics accept it."""

    def solve(text: str, problem: ColoringProblem) -> dict[str, str]:
        if text.lstrip().startswith("{"):
            return COLORING.read_candidate(text, problem)
        colored: dict[str, str] = {}
        for node in problem.nodes:
            near = {colored.get(b if a == node else a) for a, b in problem.edges if node in (a, b)}
            colored[node] = next((color for color in problem.colors if color not in near), problem.colors[0])
        return colored

    def graph() -> modulo.Graph:
        made = graph_without_generator("made_up", None, [ProperColoring()], reformulator=solve)
        assert made is not None
        return made

    subject = Subject(
        name="made_up", specimens=COLORING.specimens(), fresh_graph=graph, read=COLORING.read_candidate
    )

    async def main() -> list[str]:
        return list((await run_audit(subject, n=200, in_workers=False)).complaints())

    assert "accepted, and wrong: text:injection" in "\n".join(anyio.run(main))


def complaints(critic: Critic[Any, Any], specimens: Any = SPECIMENS, n: int = 240) -> str:
    return "\n".join(audit(critic, specimens, n=n, in_workers=False).complaints())
