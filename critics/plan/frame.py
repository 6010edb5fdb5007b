"""Gives every parameter, constant and quantified variable of an action a place in its environment.

A condition compiled against a frame finds its ground atoms by indexing, without looking names up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from modulo.critics.plan.pddl.syntax import Parameter
from modulo.critics.plan.state import Environment, Fact

__all__ = ["Frame"]


class Frame:
    """The places of one action, rule or goal.

    Attributes:
        rest: What stands behind the arguments in every environment; complete once everything is compiled.
        duration: The place of ``?duration``.

    Args:
        parameters: Its parameters, which come first.
        derived: Names of derived predicates.
    """

    def __init__(self, parameters: Sequence[Parameter], derived: frozenset[str]) -> None:
        self.derived = derived
        self._variables = {parameter.name: place for place, parameter in enumerate(parameters)}
        self._constants: dict[object, int] = {}
        self._size = len(parameters)
        self.rest: list[Any] = []
        self.duration = self._add(0)

    def environment(self, arguments: Sequence[str]) -> Environment:
        """The environment for some arguments."""
        return [*arguments, *self.rest]

    def fact(self, name: str, terms: Sequence[str]) -> Callable[[Environment], Fact]:
        """What finds the ground atom in an environment."""
        if not terms:
            return itemgetter(self._constant((name,)))
        return itemgetter(self._constant(name), *[self.place(term) for term in terms])

    def place(self, term: str) -> int:
        """Where the value of a term stands."""
        return self._variables[term] if term[0] == "?" else self._constant(term)

    @contextmanager
    def bound(self, parameters: Sequence[Parameter]) -> Iterator[list[int]]:
        """Places for quantified variables, which hide outer ones of the same name inside."""
        outer = self._variables
        places = [self._add("") for _ in parameters]
        names = [parameter.name for parameter in parameters]
        self._variables = {**outer, **dict(zip(names, places, strict=True))}
        try:
            yield places
        finally:
            self._variables = outer

    def _constant(self, value: object) -> int:
        if value not in self._constants:
            self._constants[value] = self._add(value)
        return self._constants[value]

    def _add(self, value: object) -> int:
        self.rest.append(value)
        self._size += 1
        return self._size - 1
