"""Formulas from DIMACS files, assignments from text, and the critic against trying every assignment."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.critics.sat import CnfProblem, SatisfyingAssignment, parse_assignment, read_dimacs_cnf
from modulo.errors import Malformed, ProblemError
from modulo.problem import NO_SOLUTION

FORMULA = CnfProblem(variables=3, clauses=((1, -2), (2, 3), (-1, -3)))


def codes(candidate: object, problem: CnfProblem = FORMULA, *, complete: bool = False) -> list[str]:
    critic = SatisfyingAssignment(complete=complete)
    return [violation.code for violation in critic.critique(problem, candidate)]  # type: ignore[arg-type]


@pytest.mark.parametrize("literals", [[1, 2, -3], [-3, 2, 1], [1, 1, 2, -3], [-1, -2, 3]])
def test_a_satisfying_assignment_is_accepted(literals: list[int]) -> None:
    assert codes(literals) == []


def test_a_partial_assignment_is_accepted_if_it_satisfies_every_clause() -> None:
    formula = CnfProblem(variables=3, clauses=((1, 2), (1, 3)))
    assert codes([1], formula) == []
    assert codes([1], formula, complete=True) == ["unassigned", "unassigned"]
    assert codes([2], formula) == ["unsatisfied"]


@pytest.mark.parametrize(
    ("literals", "expected"),
    [
        ([1, 2, 3], ["unsatisfied"]),
        ([1, -1, 2, 3], ["contradiction"]),
        ([1, 2, -3, 4], ["unknown_variable"]),
        ([1, 2, -3, -4], ["unknown_variable"]),
        ([-1, 2, 3], ["unsatisfied"]),
    ],
)
def test_a_wrong_assignment_is_rejected_with_every_fault(literals: list[int], expected: list[str]) -> None:
    assert codes(literals) == expected


@pytest.mark.parametrize(
    "candidate",
    [
        None,
        True,
        1,
        "1 2 -3",
        [],
        [True, 2, -3],
        [1.0, 2, -3],
        ["1"],
        [0],
        [[1]],
        {"1": True},
        [10**5000],
        {1, 2, -3},
    ],
)
def test_what_is_no_assignment_is_rejected(candidate: object) -> None:
    assert codes(candidate)


def test_an_empty_clause_cannot_be_satisfied() -> None:
    assert codes([1], CnfProblem(variables=1, clauses=((), (1,)))) == ["unsatisfied"]


def test_an_unsatisfied_clause_comes_with_literals_that_would_do() -> None:
    (violation,) = SatisfyingAssignment().critique(FORMULA, [1, 2, 3])
    assert (violation.location, violation.hint) == ("clause 3", "make one of these true: -1 -3.")


def test_options_say_whether_assignments_must_be_complete() -> None:
    assert SatisfyingAssignment(complete=True).options() == {"complete": True}


@pytest.mark.parametrize(
    "text",
    [
        "p cnf 3 3\n1 -2 0\n2 3 0\n-1 -3 0\n",
        "c a comment\np cnf 3 3\n1 -2 0 2\n3 0\nc another\n-1 -3 0\n%\n0\n",
        "p  cnf  3\t3\r\n1 -2 0\r\n2 3 0\r\n-1 -3 0",
    ],
)
def test_dimacs_files_are_read(text: str) -> None:
    assert read_dimacs_cnf(text) == FORMULA


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 -2 0",
        "p cnf 3",
        "p sat 3 1\n1 0",
        "p cnf 3 1\n1 -2",
        "p cnf 3 2\n1 0",
        "p cnf 3 1\n1 0 2 0",
        "p cnf 3 1\n4 0",
        "p cnf 3 1\n1 x 0",
        "p cnf 3 1\n1.0 0",
        "p cnf 3 1\n+1 0",
        "p cnf 3 1\n\u0661 0",
        "p cnf 999999999 1\n1 0",
        "p cnf 3 1\n" + "9" * 5000 + " 0",
        "p cnf 3 1\np cnf 3 1\n1 0",
    ],
)
def test_what_is_no_dimacs_file_is_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        read_dimacs_cnf(text)


@pytest.mark.parametrize(
    "text",
    [
        "v 1 -2 3 0",
        "s SATISFIABLE\nv 1 -2\nv 3 0\n",
        "c solved\ns SATISFIABLE\nv 1 -2 3",
        "[1, -2, 3]",
        "1 -2 3 0",
        " 1\n-2\n3\n",
    ],
)
def test_assignments_are_read_in_the_forms_of_solvers_and_lists(text: str) -> None:
    assert parse_assignment(text) == [1, -2, 3]


def test_a_solver_that_finds_none_makes_a_claim() -> None:
    assert parse_assignment("s UNSATISFIABLE\n") is NO_SOLUTION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v 0",
        "v 1 0 2 0",
        "x1 = true",
        "v 1 two 0",
        "[1, 2.0]",
        "[true]",
        '["1"]',
        "[1, 2",
        "[]",
        "Sure: v 1 0",
        "s UNSATISFIABLE\nv 1 0",
        "9" * 5000,
        "[" * 5000,
    ],
)
def test_what_is_no_assignment_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_assignment(text)


FORMULAS = st.lists(st.lists(st.integers(-4, 4).filter(bool), max_size=4).map(tuple), max_size=8).map(
    lambda clauses: CnfProblem(variables=4, clauses=tuple(clauses))
)


@settings(deadline=None)
@given(FORMULAS)
def test_a_total_assignment_is_accepted_exactly_if_the_formula_is_true(formula: CnfProblem) -> None:
    for values in product([False, True], repeat=4):
        true = all(any(values[abs(one) - 1] == (one > 0) for one in clause) for clause in formula.clauses)
        literals = [number if value else -number for number, value in enumerate(values, start=1)]
        assert (codes(literals, formula, complete=True) == []) == true


@settings(deadline=None)
@given(FORMULAS, st.lists(st.integers(-4, 4).filter(bool), min_size=1, max_size=4))
def test_every_completion_of_an_accepted_partial_assignment_is_right(
    formula: CnfProblem, literals: list[int]
) -> None:
    if codes(literals, formula):
        return
    for values in product([False, True], repeat=4):
        total = [number if value else -number for number, value in enumerate(values, start=1)]
        if set(literals) <= set(total):
            assert codes(total, formula) == []
