"""Against brute force: meaning, solutions, completions, minimal conflicts and nearest repairs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.constraints.solving import (
    ConstraintSystem,
    Found,
    Impossible,
    Unknown,
    explain,
    minimal_conflict,
    solution_of,
)
from modulo.critics.constraints.solving.asking import Patience, ask
from modulo.critics.constraints.solving.evaluating import holds
from modulo.critics.constraints.solving.explaining import Conflict, minimal_part, violated_by
from modulo.errors import ConfigurationError
from tests.critics.constraints.solving.random_systems import DOMAINS, Meant, meant_systems

pytest.importorskip("ortools")

ASSIGNMENTS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in DOMAINS.items()})
PARTIAL = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in DOMAINS.items()}
)
FEW = settings(max_examples=15, deadline=None)


@given(meant_systems())
@settings(max_examples=50, deadline=None)
def test_conditions_mean_what_they_say(meant: Meant) -> None:
    for values in meant.assignments():
        for name, meaning in meant.meanings.items():
            assert holds(meant.system.requirements[name].condition, values) is bool(meaning(values))


@given(meant_systems())
@FEW
def test_a_solution_is_found_exactly_where_there_is_one(meant: Meant) -> None:
    answer = solution_of(meant.system, max_seconds=60)
    solutions = meant.solutions()
    assert isinstance(answer, Found if solutions else Impossible)
    assert not isinstance(answer, Found) or answer.values in solutions


@given(meant_systems(), PARTIAL)
@FEW
def test_values_can_be_completed_exactly_where_a_solution_has_them(meant: Meant, fixed: dict[str, Any]) -> None:
    answer = ask(meant.system, Patience(60), fixed=fixed)
    assert isinstance(answer, Found if meant.solutions(fixed=fixed) else Impossible)


def distance(one: dict[str, Any], other: dict[str, Any]) -> int:
    return sum(other[name] != value for name, value in one.items())


@given(meant_systems(), PARTIAL)
@FEW
def test_an_explanation_agrees_with_brute_force(meant: Meant, values: dict[str, Any]) -> None:
    found = explain(meant.system, values, max_seconds=60)
    for name in found.violated:
        used = {v.name for v in meant.system.requirements[name].condition.variables()}
        assert used <= values.keys()
        assert not used & found.accepted.keys()
    assert found.violated == violated_by(meant.system, values)
    assert found.is_completable is bool(meant.solutions(fixed=found.accepted))
    solutions = meant.solutions()
    assert (found.repair is not None) is bool(solutions)
    if found.repair is not None:
        assert found.repair in solutions
        nearest = min(distance(values, solution) for solution in solutions)
        assert distance(values, dict(found.repair)) == nearest
    assert (found.conflict is not None) is (not found.is_completable)


@given(meant_systems(most=6), PARTIAL)
@FEW
def test_a_conflict_is_one_and_is_minimal(meant: Meant, fixed: dict[str, Any]) -> None:
    found = minimal_conflict(meant.system, fixed=fixed, max_seconds=60)
    if meant.solutions(fixed=fixed):
        assert isinstance(found, Found)
        return
    assert isinstance(found, Conflict)
    names, values = list(found.requirements), {name: fixed[name] for name in found.variables}
    assert not meant.solutions(names, values)
    for name in names:
        assert meant.solutions([other for other in names if other != name], values)
    for name in values:
        assert meant.solutions(names, {n: v for n, v in values.items() if n != name})
    assert bool(meant.solutions()) <= bool(found.variables)


@given(st.lists(st.sets(st.integers(0, 12), min_size=1), min_size=1, max_size=6))
def test_a_minimal_part_is_minimal(conflicts: list[set[int]]) -> None:
    def is_conflict(items: Sequence[int]) -> bool:
        return any(conflict <= set(items) for conflict in conflicts)

    part = minimal_part(range(13), is_conflict)
    assert is_conflict(part)
    for item in part:
        assert not is_conflict([other for other in part if other != item])


def pigeons(count: int, holes: int) -> ConstraintSystem:
    """More pigeons than holes, pair by pair: short to say, long to refute."""
    system = ConstraintSystem()
    birds = [system.integer(f"bird {i}", 1, holes) for i in range(count)]
    for i, one in enumerate(birds):
        for j, other in enumerate(birds[:i]):
            system.require(f"{i} apart from {j}", one != other)
    return system


def test_without_time_nothing_is_known() -> None:
    system = pigeons(5, 4)
    assert isinstance(solution_of(system, max_seconds=0), Unknown)
    assert isinstance(minimal_conflict(system, max_seconds=0), Unknown)
    found = explain(system, {"bird 0": 1, "bird 1": 1}, max_seconds=0)
    assert found.violated == ("1 apart from 0",)
    assert (found.is_completable, found.conflict, found.repair) == (None, None, None)


def test_numbers_too_large_for_the_solver_are_unknown_to_it_and_still_evaluated() -> None:
    system = ConstraintSystem()
    x, y = system.integer("x", 0, 2**53 - 1), system.integer("y", 0, 2**53 - 1)
    system.require("square", x * y == 2**106 - 2**54 + 1)
    assert isinstance(solution_of(system), Unknown)
    assert violated_by(system, {"x": 2**53 - 1, "y": 2**53 - 1}) == ()
    assert violated_by(system, {"x": 2**53 - 1, "y": 2**53 - 2}) == ("square",)


@pytest.mark.parametrize("values", [{"nobody": 1}, {"bird 0": 9}, {"bird 0": True}, {"bird 0": "1"}])
def test_values_that_cannot_be_are_refused(values: dict[str, Any]) -> None:
    for ask_about in (explain, lambda s, v: minimal_conflict(s, fixed=v)):
        with pytest.raises(ConfigurationError, match="cannot be"):
            ask_about(pigeons(2, 2), values)


def test_the_same_question_has_the_same_answer() -> None:
    system = pigeons(6, 6)
    first = explain(system, dict.fromkeys(system.variables, 1), max_seconds=60)
    assert all(explain(system, dict.fromkeys(system.variables, 1), max_seconds=60) == first for _ in range(3))


@pytest.mark.slow
@given(meant_systems(most=8), ASSIGNMENTS, st.randoms())
@settings(max_examples=400, deadline=None)
def test_explanations_agree_with_brute_force_at_length(
    meant: Meant, values: dict[str, Any], rng: random.Random
) -> None:
    part = {name: value for name, value in values.items() if rng.random() < 0.8}
    test_an_explanation_agrees_with_brute_force.hypothesis.inner_test(meant, part)
    test_a_conflict_is_one_and_is_minimal.hypothesis.inner_test(meant, part)
