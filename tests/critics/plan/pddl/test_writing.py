"""What is written reads back as the same value."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.plan import domain_text, problem_text, read_domain, read_problem
from modulo.critics.plan.pddl.printing import number_text
from tests.critics.plan.judging import domain, problem
from tests.critics.plan.random_problems import classical_instance, temporal_instance
from tests.critics.plan.test_derived import ABOVE
from tests.critics.plan.test_temporal import DURATION, ENDS, MATCH, SHOP, WHEN


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_random_texts_survive_being_written(seed: int) -> None:
    made = random.Random(seed).choice([classical_instance, temporal_instance])(random.Random(seed))
    read = read_domain(made.domain)
    assert read_domain(domain_text(read)) == read
    asked = read_problem(made.problem, read)
    assert read_problem(problem_text(asked), read) == asked


@pytest.mark.parametrize(
    "text",
    [
        ABOVE,
        MATCH,
        SHOP,
        WHEN,
        domain(ENDS),
        domain(DURATION.format("(and (>= ?duration (far ?x)) (at end (<= ?duration 2)))")),
        "(define (domain d) (:types a b - c c d - (either e f)) (:constants k - (either a b)))",
    ],
)
def test_domains_survive_being_written(text: str) -> None:
    read = read_domain(text)
    assert read_domain(domain_text(read)) == read


def test_problems_survive_being_written() -> None:
    read = read_domain(SHOP)
    rest = "(:requirements :strips) (:metric maximize (- (* total-time 0.125)))"
    asked = read_problem(problem("(open) (at a a) (at 3.5 (not (at a a)))", "(not (open))", "a", rest), read)
    assert read_problem(problem_text(asked), read) == asked


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-12, "-12"),
        (Fraction(1, 2), "0.5"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(123, 100), "1.23"),
        (Fraction(1, 3), "1/3"),
        (Fraction(1, 1000), "0.001"),
    ],
)
def test_numbers_are_written_as_decimals_where_they_have_one(number: int | Fraction, text: str) -> None:
    assert number_text(number) == text
