"""One constraint: what it takes, how strictly it is read, and how it travels to worker processes."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from modulo.critics.constraints import Constraint, ConstraintFailed, constraint
from modulo.critique import Violation

SMALL = Violation("small", "It is small.")


@constraint
def is_large(problem: object, candidate: int) -> Iterator[Violation]:
    """Larger than ten."""
    if candidate <= 10:
        yield Violation("too_small", f"{candidate} is small.", hint="try 11")


@constraint("even number", says="the number is even", applies_to=int)
def is_even(problem: int, candidate: int) -> Iterator[Violation]:
    if candidate % 2:
        yield Violation("odd", f"{candidate} is odd.")


def rule(problem: object, candidate: object) -> Iterator[Violation]:
    yield SMALL


NAMED_APART = constraint("named apart")(rule)


def test_a_constraint_yields_what_is_wrong() -> None:
    assert is_large.violations(None, 11) == ()
    (violation,) = is_large.violations(None, 3)
    assert (violation.code, violation.hint) == ("too_small", "try 11")


def test_name_and_claim_are_given_or_made_of_the_function() -> None:
    assert (is_large.name, is_large.says, is_large.__doc__) == ("is_large", "is large", "Larger than ten.")
    assert (is_even.name, is_even.says) == ("even number", "the number is even")
    assert repr(is_even) == "<constraint even number>"


def test_it_can_still_be_called_as_the_function_that_it_was() -> None:
    assert list(is_large(None, 11)) == []


@pytest.mark.parametrize(
    ("applies_to", "problem", "expected"),
    [(None, "x", True), (int, 1, True), (int, "x", False), (bool, 1, False), (lambda p: p > 1, 2, True)],
)
def test_it_applies_to_its_problem_class(applies_to: Any, problem: object, expected: bool) -> None:
    assert constraint("c", applies_to=applies_to)(rule).applies_to(problem) is expected


@pytest.mark.parametrize("applies_to", [lambda p: None, lambda p: 1, lambda p: "yes", lambda p: p.missing])
def test_one_that_cannot_tell_whether_it_applies_is_an_error(applies_to: Any) -> None:
    with pytest.raises(ConstraintFailed, match="constraint 'c' could not be judged: applies_to"):
        constraint("c", applies_to=applies_to)(rule).applies_to(3)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda p, c: None, "it gave a NoneType where violations belong; did it forget to yield?"),
        (lambda p, c: True, "it gave a bool where violations belong; did it forget to yield?"),
        (lambda p, c: "", "it gave a str where violations belong; did it forget to yield?"),
        (lambda p, c: SMALL, "it gave a Violation where violations belong"),
        (lambda p, c: {}, "it gave a dict where violations belong"),
        (lambda p, c: ["small"], "it gave a str where a Violation belongs"),
        (lambda p, c: [None], "it gave a NoneType where a Violation belongs"),
        (lambda p, c: 1 / 0, "it raised ZeroDivisionError: division by zero"),
        (lambda p, c: iter(()), "it gave a tuple_iterator where violations belong"),
        (lambda p, c: (_ for _ in [SMALL, "x"]), "it gave a str where a Violation belongs"),
    ],
)
def test_whatever_is_no_violation_is_an_error_in_words(function: Any, reason: str) -> None:
    with pytest.raises(ConstraintFailed) as caught:
        constraint("c")(function).violations(None, None)
    assert caught.value.reason == reason
    assert str(caught.value) == f"constraint 'c' could not be judged: {reason}"


def test_one_that_crashes_after_a_violation_is_an_error() -> None:
    @constraint
    def crashes(problem: object, candidate: object) -> Iterator[Violation]:
        yield SMALL
        raise KeyError("price")

    with pytest.raises(ConstraintFailed, match="KeyError: 'price'"):
        crashes.violations(None, None)


def test_one_that_yields_and_returns_is_an_error() -> None:
    @constraint
    def returns(problem: object, candidate: object) -> Any:
        yield from ()
        return [SMALL]

    with pytest.raises(ConstraintFailed, match="yields and also returns a list"):
        returns.violations(None, None)


@pytest.mark.parametrize("given", [[SMALL], (SMALL,)])
def test_a_list_of_violations_will_do(given: Any) -> None:
    assert constraint("c")(lambda p, c: given).violations(None, None) == (SMALL,)


def test_one_without_end_is_cut_off_and_violated() -> None:
    @constraint
    def endless(problem: object, candidate: object) -> Iterator[Violation]:
        while True:
            yield SMALL

    assert len(endless.violations(None, None)) == 1000


async def _waits(problem: object, candidate: object) -> None: ...


async def _waits_and_yields(problem: object, candidate: object) -> Any:
    yield SMALL


@pytest.mark.parametrize("wrong", [3, int, is_large, _waits, _waits_and_yields])
def test_what_is_no_plain_function_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        constraint("c")(wrong)


@pytest.mark.parametrize("name", ["", "  ", "\ud800"])
def test_a_name_that_cannot_stand_in_a_certificate_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a constraint's name"):
        constraint(name)(rule)


def test_a_function_without_a_name_needs_one() -> None:
    with pytest.raises(TypeError, match="has no name of its own"):
        constraint(lambda p, c: [])


def test_what_applies_to_must_be_a_function_or_type() -> None:
    with pytest.raises(TypeError, match="applies_to"):
        constraint("c", applies_to="problem")(rule)  # type: ignore[arg-type]


def test_it_is_pickled_by_name() -> None:
    assert pickle.loads(pickle.dumps(is_even)) is is_even


def test_one_that_is_named_apart_from_its_function_is_pickled_by_its_parts() -> None:
    copy: Constraint[Any, Any] = pickle.loads(pickle.dumps(NAMED_APART))
    assert (copy.name, copy.violations(None, None)) == ("named apart", (SMALL,))


def test_one_inside_a_function_cannot_be_pickled() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(constraint("c")(lambda p, c: []))


def test_its_failure_can_be_pickled() -> None:
    copy = pickle.loads(pickle.dumps(ConstraintFailed("c", "it broke")))
    assert (copy.constraint, copy.reason, str(copy)) == (
        "c",
        "it broke",
        "constraint 'c' could not be judged: it broke",
    )
