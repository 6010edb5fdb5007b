"""MakesTarget and NoExpressionExists: accepted, rejected, malformed and adversarial answers, oracles, mutations."""

from __future__ import annotations

import gzip
import json
import random
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critique import Verdict
from modulo.domains.game24 import (
    DOMAIN,
    Game24Problem,
    Game24Specimens,
    MakesTarget,
    NoExpressionExists,
    find_solution,
    generate,
    is_solvable,
)
from modulo.domains.game24.solving import tree_text
from modulo.domains.game24.specimens import is_right
from modulo.problem import NO_SOLUTION

PUZZLE = Game24Problem(numbers=(4, 9, 10, 13))
EIGHTS = Game24Problem(numbers=(3, 3, 8, 8))


def codes(candidate: object, problem: Game24Problem = PUZZLE) -> list[str]:
    return [v.code for v in MakesTarget().critique(problem, candidate).violations]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (PUZZLE, "(10 - 4) * (13 - 9)"),
        (PUZZLE, "(10-4)*(13-9)"),
        (PUZZLE, " ( 10 - 4 ) * ( 13 - 9 ) = 24 \n"),
        (PUZZLE, "((10 - 4)) * (13 - 9)=24"),
        (PUZZLE, "-(4 - 10) * (13 - 9)"),
        (PUZZLE, "(13 - 9) * (-4 + 10) = 24"),
        (EIGHTS, "8 / (3 - 8 / 3)"),
        (Game24Problem(numbers=(24,)), "24"),
        (Game24Problem(numbers=(0, 24)), "24 + 0"),
        (Game24Problem(numbers=(2, 12), target=-24), "-2 * 12 = -24"),
        (Game24Problem(numbers=(1, 2, 3), target=7), "1 + 2 * 3"),
    ],
)
def test_a_right_expression_is_accepted(problem: Game24Problem, text: str) -> None:
    assert MakesTarget().critique(problem, text).verdict is Verdict.ACCEPT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(10 - 4) * (13 - 9) = 25", ["wrong_claim"]),
        ("(10 - 4) * (13 - 9) = 24.0", ["wrong_claim"]),
        ("(10 - 4) * (13 - 9) = 024", ["wrong_claim"]),
        ("(10 - 4) * (13 - 9) = -24", ["wrong_claim"]),
        ("(10 - 4) * (13 - 9) = 20 + 4", ["wrong_claim"]),
        ("(10 - 4) * (13 - 9) = 24 = 24", ["malformed"]),
        ("10 - 4 * 13 - 9", ["wrong_value"]),
        ("(10 - 4) * 4", ["repeated_number", "unused_number", "unused_number"]),
        ("6 * 4", ["unknown_number", "unused_number", "unused_number", "unused_number"]),
        ("24", ["unknown_number", *["unused_number"] * 4]),
        ("(10 - 4) * (13 - 9) + 0", ["unknown_number"]),
        ("(10 - 4) * (13 - 9) * 9 / 9", ["repeated_number"]),
        ("(10 - 4) * (13 - 9.0)", ["unknown_number", "unused_number"]),
        ("(10 - 04) * (13 - 9)", ["unknown_number", "unused_number"]),
        ("10 / (13 - 9 - 4)", ["division_by_zero"]),
        ("(49 - 10) - 13", ["unknown_number", "unused_number", "unused_number", "wrong_value"]),
    ],
)
def test_a_wrong_expression_is_rejected_with_every_fault(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    "candidate",
    [
        None,
        True,
        24,
        [],
        ["(10 - 4) * (13 - 9)"],
        {"expression": "(10 - 4) * (13 - 9)"},
        "",
        "no solution",
        "VERDICT: ACCEPT",
        "Answer: (10 - 4) * (13 - 9)",
        "(10 - 4) \u00d7 (13 - 9)",
        "(10 \u2212 4) * (13 - 9)",
        "(10 - 4) x (13 - 9)",
        "(10 - 4)(13 - 9)",
        "[10 - 4] * [13 - 9]",
        "(10 - 4) * (13 - 9) =",
        "24 = (10 - 4) * (13 - 9)",
        "(10 - 4) * (13 - 9) == 24",
        "(10 - 4) * (13 - 9) (left: 24)",
        "10 - 4 = 6 (left: 6 9 13)",
        "(10 - 4) ** (13 - 9)",
        "(10 - 4) * 13 9",
        "(10 - 4 * (13 - 9)",
        "(10 - 4) * (13 - 9))",
        "+10 + 4",
        "(10 - 4) * (13 - 9)\x00",
        "(10 - 4) * (13 - \uff19)",
        "(10 - 4) * (13 - 9) # right",
        "(" * 3000 + "24" + ")" * 3000,
        "9" * 100_000,
        "10**10**10",
        "__import__('os').system('true')",
    ],
)
def test_what_is_no_expression_is_rejected(candidate: object) -> None:
    assert codes(candidate)


def test_a_violation_says_what_comes_out() -> None:
    (violation,) = MakesTarget().critique(PUZZLE, "(10 + 4) / (13 - 9)").violations
    assert (violation.expected, violation.actual) == ("24", "7/2")


def test_a_huge_value_is_shown_by_its_size() -> None:
    text = "*".join(["9" * 200] * 10)
    *_, violation = MakesTarget().critique(PUZZLE, text).violations
    assert violation.actual is not None
    assert "bits" in violation.actual


def test_a_value_that_is_not_worked_out_is_wrong_all_the_same() -> None:
    assert "wrong_value" in codes("*".join(["9" * 190] * 26))


@pytest.mark.parametrize(
    ("numbers", "target", "solvable"),
    [
        ((1, 2, 4, 7), 24, True),
        ((3, 3, 8, 8), 24, True),
        ((1, 5, 5, 5), 24, True),
        ((1, 1, 1, 1), 24, False),
        ((24,), 24, True),
        ((24,), -24, True),
        ((12, 2), -24, True),
        ((0, 0), 0, True),
        ((0, 5), 24, False),
        ((0, 0, 0, 7), 0, True),
        ((1, 1, 1, 1, 1, 1), 24, False),
    ],
)
def test_a_claim_is_accepted_only_where_there_is_no_expression(
    numbers: tuple[int, ...], target: int, solvable: bool
) -> None:
    critique = NoExpressionExists().critique(Game24Problem(numbers=numbers, target=target), NO_SOLUTION)
    assert critique.verdict is (Verdict.REJECT if solvable else Verdict.ACCEPT)


def test_a_claim_about_many_numbers_stays_undecided() -> None:
    critique = NoExpressionExists().critique(Game24Problem(numbers=(1,) * 7), NO_SOLUTION)
    assert critique.verdict is Verdict.UNDECIDED


def test_only_the_claim_itself_is_a_claim() -> None:
    critique = NoExpressionExists().critique(Game24Problem(numbers=(1, 1)), "no solution")
    assert critique.verdict is Verdict.REJECT


def test_a_hint_against_a_claim_gives_one_step_only() -> None:
    (violation,) = NoExpressionExists().critique(PUZZLE, NO_SOLUTION).violations
    assert violation.hint is not None
    assert sum(symbol in violation.hint for symbol in ("+ ", "- ", "* ", "/ ")) == 1


def all_values(numbers: tuple[Fraction, ...]) -> set[Fraction]:
    """By taking any two numbers and putting what they make in their place, as people play it."""
    if len(numbers) == 1:
        return {numbers[0]}
    found: set[Fraction] = set()
    for one, other, *rest in permutations(numbers):
        made = [one + other, one - other, one * other, *([one / other] if other else [])]
        for value in made:
            found |= all_values((value, *rest))
    return found


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=3), st.integers(-30, 30))
def test_the_solver_agrees_with_playing_every_game(numbers: list[int], target: int) -> None:
    values = all_values(tuple(map(Fraction, numbers)))
    values |= {-value for value in values}
    assert is_solvable(numbers, target) == (target in values)


@pytest.mark.parametrize("seed", range(6))
def test_the_solver_agrees_on_four_numbers(seed: int) -> None:
    rng = random.Random(seed)
    numbers = [rng.randint(1, 9) for _ in range(4)]
    values = all_values(tuple(map(Fraction, numbers)))
    assert {t for t in range(1, 60) if find_solution(numbers, t)} == {t for t in range(1, 60) if t in values}


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 3, 4, 5, 6]))
def test_generated_answers_and_solutions_found_are_accepted(seed: int, count: int) -> None:
    problem, answer = generate(count=count, seed=seed)
    found = find_solution(problem.numbers, problem.target)
    assert found is not None
    assert codes(answer, problem) == codes(tree_text(found), problem) == []


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_a_damaged_answer_is_rejected_unless_the_oracle_says_that_it_is_right(seed: int) -> None:
    rng = random.Random(seed)
    specimens = Game24Specimens()
    specimen = specimens.draw(rng)
    for variant in specimens.damaged(specimen, rng):
        accepted = codes(variant.document, specimen.problem) == []
        assert accepted == is_right(specimen.problem, variant.document), variant


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_a_rewritten_answer_is_accepted(seed: int) -> None:
    rng = random.Random(seed)
    specimens = Game24Specimens()
    specimen = specimens.draw(rng)
    for variant in specimens.rewritten(specimen, rng):
        assert codes(variant.document, specimen.problem) == [], variant


@settings(deadline=None)
@given(st.text(alphabet="0123489-+*/() =", max_size=30))
def test_any_text_gets_the_verdict_of_the_oracle(text: str) -> None:
    assert (codes(text) == []) == is_right(PUZZLE, text)


def test_recorded_answers_are_judged_as_expected(shared_data: Path) -> None:
    with gzip.open(shared_data / "game24.jsonl.gz", "rt") as rows:
        for row in map(json.loads, rows):
            critique = MakesTarget().critique(DOMAIN.read_problem(row["problem"]), row["candidate"])
            assert critique.verdict.value == row["expected"], row
