"""Constraints whose truth is written in the candidate, for tests of what composes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from modulo.critics.constraints import Constraint, constraint
from modulo.critique import Violation

__all__ = ["condition", "crashing"]


def condition(name: str, *, applies_to: Callable[[Any], bool] | None = None) -> Constraint[Any, Any]:
    """Holds where the candidate says true under its name; applies to problems that do not list it."""

    @constraint(name, applies_to=applies_to or (lambda problem: name not in (problem or ())))
    def holds(problem: Sequence[str], candidate: Mapping[str, bool]) -> Iterator[Violation]:
        if not candidate[name]:
            yield Violation(name, f"no {name}", location=name, hint=f"do {name}")

    return holds


@constraint
def crashing(problem: object, candidate: object) -> Iterator[Violation]:
    yield from ()
    raise RuntimeError("broken")
