"""The sound critics: of expressions, and of the claim that there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from modulo.critics.arithmetic import (
    DivisionByZero,
    Expression,
    Number,
    TooLarge,
    read_equation,
    shown,
    value_of,
)
from modulo.critique import Critique, Violation, malformed_critique
from modulo.domains.game24.problem import Game24Problem
from modulo.domains.game24.solving import MAX_SEARCHED, Step, find_solution, is_solvable, steps_of, tree_text
from modulo.errors import Malformed
from modulo.problem import NO_SOLUTION
from modulo.protocols import Critic

__all__ = ["MakesTarget", "NoExpressionExists"]


class MakesTarget(Critic[Game24Problem, str]):
    """Judges whether an expression makes the target of the numbers.

    **Sound for:** the answer is an expression with ``+ - * /``, signs ``-`` and parentheses, which uses every
    number of the problem exactly as often as it is given and no other one, never divides by zero and has exactly the
    target's value in rational arithmetic; if ``= n`` stands behind it, n is the target.

    **Does not check:** that values on the way are integers; that parentheses are needed.
    """

    proves = "this expression uses every number exactly once and has exactly the target's value"
    version = "1"

    def critique(self, problem: Game24Problem, candidate: str) -> Critique:
        """Every number that is missing or too much, and what is wrong with the value."""
        if not isinstance(candidate, str):
            return Critique.reject(Violation("malformed", "The answer is no text."))
        try:
            expression, *claims = read_equation(candidate)
        except Malformed as error:
            return malformed_critique(error, critic="")
        violations = tuple(_violations(problem, expression, claims))
        return Critique.reject(*violations) if violations else Critique.accept()


class NoExpressionExists(Critic[Game24Problem, object]):
    """Judges the claim that no expression makes the target.

    **Sound for:** all ways to combine all the numbers with ``+ - * /`` were gone through in rational arithmetic, and
    none has the target's value; nor would signs help.

    **Does not check:** problems with more than six numbers, which stay UNDECIDED.
    """

    proves = "no expression of exactly these numbers has the target's value: all were searched"
    version = "1"
    judges = "unsolvability"
    cost = 10.0

    def critique(self, problem: Game24Problem, candidate: object) -> Critique:
        """Search for an expression until there is one, or nowhere left to search."""
        if candidate is not NO_SOLUTION:
            return Critique.reject(Violation("no_claim", "The answer does not say that there is no solution."))
        if len(problem.numbers) > MAX_SEARCHED:
            return Critique.undecided(f"more than {MAX_SEARCHED} numbers are not searched")
        if not is_solvable(problem.numbers, problem.target):
            return Critique.accept()
        return Critique.reject(
            Violation(
                "solution_exists", f"There is an expression for {problem.target}.", hint=_first_step(problem)
            )
        )


def _first_step(problem: Game24Problem) -> str | None:
    found = find_solution(problem.numbers, problem.target)
    if not isinstance(found, Step):
        return None
    return f"{tree_text(next(steps_of(found)))} is a step of one."


def _violations(
    problem: Game24Problem, expression: Expression, claims: list[Expression]
) -> Iterator[Violation]:
    yield from _wrong_claims(problem, claims)
    numbers = [item for item in expression if isinstance(item, Number)]
    yield from _wrong_numbers(problem, numbers)
    yield from _wrong_value(problem, expression)


def _wrong_value(problem: Game24Problem, expression: Expression) -> Iterator[Violation]:
    try:
        value = value_of(expression)
    except DivisionByZero as error:
        yield Violation("division_by_zero", "The expression divides by zero.", location=f"character {error.at}")
    except TooLarge:
        # No expression of a problem's own numbers comes near, so there are other violations, too.
        yield Violation(
            "wrong_value", f"The expression is far from {problem.target}.", expected=str(problem.target)
        )
    else:
        if value != problem.target:
            yield Violation(
                "wrong_value",
                f"The expression is {shown(value)}, not {problem.target}.",
                expected=str(problem.target),
                actual=shown(value),
            )


def _wrong_claims(problem: Game24Problem, claims: list[Expression]) -> Iterator[Violation]:
    """What stands behind the expression, but for one ``= n`` with the target in its plain form."""
    if len(claims) > 1:
        yield Violation("malformed", "There is more than one '='.", hint="write one expression.")
    for claim in claims[:1]:
        written = "".join("-" if not isinstance(item, Number) else item.text for item in reversed(claim))
        if len(claim) > 2 or written != str(problem.target):
            stands = written if len(claim) <= 2 else "another expression"
            yield Violation(
                "wrong_claim",
                f"Behind '=' stands {stands:.40}, not {problem.target}.",
                location=f"character {claim[0].at}",
                expected=str(problem.target),
            )


def _wrong_numbers(problem: Game24Problem, numbers: list[Number]) -> Iterator[Violation]:
    given = Counter(str(number) for number in problem.numbers)
    used = Counter(number.text for number in numbers)
    for number in numbers:
        if number.text not in given:
            yield Violation(
                "unknown_number",
                f"{number.text:.40} is not one of {_listed(problem)}.",
                location=f"character {number.at}",
            )
    for text, count in given.items():
        if used[text] < count:
            yield Violation("unused_number", _sentence(text, count, used[text]), expected=f"{count} times")
        elif used[text] > count:
            yield Violation("repeated_number", _sentence(text, count, used[text]), expected=f"{count} times")


def _sentence(text: str, given: int, used: int) -> str:
    return f"{text} is used {_times(used)}; it must be used {_times(given)}."


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _listed(problem: Game24Problem) -> str:
    return ", ".join(map(str, problem.numbers))
