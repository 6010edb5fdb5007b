"""Derivations: none that can lead to the target is lost, and what completes them is read behind them."""

from __future__ import annotations

import itertools
import random
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modulo
from modulo import BeamSearch, BestOfN, Budget, Certified, Generation, Generator, Request, TreeSearch
from modulo.domains.game24 import (
    Game24Problem,
    Game24Steps,
    MakesTarget,
    answer_schema,
    generate,
    graph,
    is_solvable,
    parse_expression,
)
from modulo.domains.game24.derivation import Derivation, read_derivation
from modulo.errors import Malformed
from modulo.problem import NO_SOLUTION
from modulo.testing import ScriptedGenerator

PUZZLE = Game24Problem(numbers=(4, 9, 10, 13))
STEPS = Game24Steps()
FIRST = "10 - 4 = 6 (left: 6 9 13)\n"
SECOND = "13 - 9 = 4 (left: 4 6)\n"
THIRD = "6 * 4 = 24 (left: 24)\n"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_beginning_of_a_right_expression_is_pruned(seed: int) -> None:
    # Those of the generator go through whole numbers from 1 on only.
    problem, answer = generate(count=random.Random(seed).choice((2, 3, 4, 5)), seed=seed)
    found = STEPS.beginnings(problem, answer)
    assert len(found) == len(problem.numbers) - 1
    assert found[-1].score == 1


@settings(max_examples=40, deadline=None)
@given(numbers=st.lists(st.integers(0, 13), min_size=3, max_size=4), seed=st.integers(0, 2**32))
def test_what_is_pruned_has_no_solution_by_another_search(numbers: list[int], seed: int) -> None:
    rng = random.Random(seed)
    problem = Game24Problem(numbers=tuple(numbers), target=24)
    left, right = rng.sample(numbers, 2)
    for symbol in "+-*/":
        longer = Derivation.start(problem).stepped(left, symbol, right)
        kept = STEPS.beginnings(problem, f"{left} {symbol} {right}")
        if longer is not None:
            assert bool(kept) == _reaches([Fraction(number) for number in longer.numbers], Fraction(24))
        else:
            assert not kept


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_solution_of_what_is_left_completes_a_derivation(seed: int) -> None:
    rng = random.Random(seed)
    problem, answer = generate(count=4, seed=seed)
    beginning = rng.choice(STEPS.beginnings(problem, answer)[:-1])
    assert "Make 24 from the numbers" in STEPS.prompt(problem, beginning)
    found = read_derivation(beginning.text, problem)
    assert found is not None
    derivation, rest = found
    assert (rest, derivation.text) == ("", beginning.text)
    for left, symbol, right in itertools.product(derivation.numbers, "+-*/", derivation.numbers):
        if (longer := derivation.stepped(left, symbol, right)) and is_solvable(longer.numbers, 24):
            break
    else:
        return  # only through a fraction or a negative number
    stated = " + ".join(map(str, derivation.numbers))
    whole = parse_expression(beginning.text + f'{{"expression": "{stated}"}}', problem)
    violations = MakesTarget().critique(problem, str(whole)).violations
    assert {violation.code for violation in violations} <= {"wrong_value"}  # every number once


def test_derivations_to_the_same_numbers_have_the_same_state() -> None:
    problem = Game24Problem(numbers=(1, 2, 4, 4))
    one = STEPS.beginnings(problem, "1 + 2")[0]
    assert one.state == "3 4 4"
    other = STEPS.beginnings(problem, "2 + 1")[0]
    assert other.state == one.state


@pytest.mark.parametrize(
    ("candidate", "texts"),
    [
        ("(10 - 4) * (13 + 9)", [FIRST]),
        ("(13 + 9) * (10 - 4)", [FIRST]),
        ("(10 - 4) * (13 - 9)", [FIRST, FIRST + SECOND, FIRST + SECOND + THIRD]),
        ("(10 - 4) * (13 - 9) + 5 - 5", [FIRST, FIRST + SECOND, FIRST + SECOND + THIRD]),
        ("(10 - 4) * (13 - 9) = 25", [FIRST, FIRST + SECOND, FIRST + SECOND + THIRD]),
        ("(10 - 4) + (10 - 4)", [FIRST]),
        ("-(4 - 10) * (13 - 9)", ["13 - 9 = 4 (left: 4 4 10)\n"]),
        ("10 / 0", []),
        ("7 * 8", []),
        ("10 -", []),
        ("", []),
        ("(" * 4_000, []),
        ("9" * 6_000, []),
        (" * ".join(["13"] * 900), []),
    ],
)
def test_steps_that_may_lead_to_the_target_are_kept_and_others_passed_over(
    candidate: str, texts: list[str]
) -> None:
    assert [beginning.text for beginning in STEPS.beginnings(PUZZLE, candidate)] == texts


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("6 * (13 - 9)", "(10 - 4) * (13 - 9)"),
        ('{"expression": "6 * (13 - 9)"}', "(10 - 4) * (13 - 9)"),
        ("(13 - 9) * 6 = 24", "(13 - 9) * (10 - 4) = 24"),
        (SECOND + "4 * 6", "(13 - 9) * (10 - 4)"),
        (SECOND + THIRD, "(10 - 4) * (13 - 9)"),
        (SECOND + THIRD + "Answer: 24", "(10 - 4) * (13 - 9)"),
        (SECOND + THIRD + "Answer: (10 - 4) * (9 - 13)", "(10 - 4) * (9 - 13)"),
        ("(10 - 4) * (13 + 9)", "(10 - 4) * (13 + 9)"),
        ("6 * 13 - 6", "6 * 13 - 6"),
        ("6 * 13 - 7", "6 * 13 - 7"),
        ("no solution", NO_SOLUTION),
        (SECOND + THIRD + "no solution", "(10 - 4) * (13 - 9)"),
    ],
)
def test_an_expression_of_what_is_left_is_read_behind_a_derivation(rest: str, expected: object) -> None:
    assert parse_expression(FIRST + rest, PUZZLE) == expected


def test_equal_numbers_stand_for_one_part_each() -> None:
    problem = Game24Problem(numbers=(1, 2, 3, 8))
    text = "1 + 2 = 3 (left: 3 3 8)\n"
    assert parse_expression(f"{text}8 * (3 / 3)", problem) == "8 * (3 / (1 + 2))"


@pytest.mark.parametrize(
    "text",
    [
        FIRST,
        f"{FIRST}I give up.",
        f"{FIRST}6 + 9 + 13 or 6 - 9 - 13",
        "10 - 4 = 7 (left: 7 9 13)\n7 + 9\n7 * 9",
    ],
)
def test_what_cannot_be_read_behind_a_derivation_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_expression(text, PUZZLE)


def test_large_numbers_on_the_way_do_no_harm() -> None:
    problem = Game24Problem(numbers=(1_000_000, 100_000, 24))
    text = "1000000 * 100000 = 100000000000 (left: 24 100000000000)\n24 + 100000000000"
    assert parse_expression(text, problem) == "24 + (1000000 * 100000)"
    assert STEPS.beginnings(problem, "1000000 * 100000") == []


@pytest.mark.anyio
@pytest.mark.parametrize("strategy", [BeamSearch(width=2, samples=1), TreeSearch()])
async def test_an_expression_is_put_together_of_the_steps_of_others(strategy: modulo.Strategy) -> None:
    answers = {0: "(10 - 4) * (13 + 9)", 1: "(13 - 9) + 6", 2: "6 * 4"}
    generator = ScriptedGenerator(lambda request: answers[request.prefix.count("\n")])
    outcome = await modulo.solve(graph(generator), PUZZLE, strategy=strategy, budget=Budget(calls=12))
    assert isinstance(outcome, Certified)
    assert len(outcome.attempts) >= 3


class DrawsExpressions(Generator):
    """Combines the numbers that it is asked about by chance: it knows the format and nothing else."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    async def generate(self, request: Request) -> Generation:
        found = re.search(r"from the numbers ([0-9, ]+)\.", request.messages[0].content)
        assert found is not None
        parts = found[1].split(", ")
        while len(parts) > 1:
            self._rng.shuffle(parts)
            parts.append(f"({parts.pop()} {self._rng.choice('+-*/')} {parts.pop()})")
        return Generation(text=f'{{"expression": "{parts[0]}"}}')


@pytest.mark.anyio
async def test_a_model_that_knows_only_the_format_solves_by_search_what_it_does_not_by_resampling() -> None:
    puzzles = [generate(seed=seed)[0] for seed in range(25)]

    async def solved(strategy: modulo.Strategy) -> int:
        outcomes = [
            await modulo.solve(graph(DrawsExpressions(n)), puzzle, strategy=strategy, budget=Budget(calls=20))
            for n, puzzle in enumerate(puzzles)
        ]
        return sum(isinstance(outcome, Certified) for outcome in outcomes)

    resampling = await solved(BestOfN(n=20))
    assert await solved(BeamSearch()) > 1.5 * resampling
    assert await solved(TreeSearch()) > 2 * resampling


def test_the_schema_of_a_rest_is_that_of_the_puzzle_that_is_left() -> None:
    beginning = STEPS.beginnings(PUZZLE, "10 - 4")[0]
    assert STEPS.schema(PUZZLE, beginning) == answer_schema(Game24Problem(numbers=(6, 9, 13)))


def _reaches(numbers: list[Fraction], target: Fraction) -> bool:
    """By combining any two numbers, again and again."""
    if len(numbers) == 1:
        return numbers[0] == target
    for i, j in itertools.permutations(range(len(numbers)), 2):
        others = [number for k, number in enumerate(numbers) if k not in (i, j)]
        one, other = numbers[i], numbers[j]
        results = [one + other, one - other, one * other, *([one / other] if other else [])]
        if any(_reaches([*others, result], target) for result in results):
            return True
    return False
