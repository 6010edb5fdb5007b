"""A state of the world while a plan is carried out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from modulo.critics.plan.syntax import Exact
from modulo.critics.plan.undetermined import TooMuchWork

__all__ = ["Environment", "Fact", "Objects", "State"]

Fact: TypeAlias = tuple[str, ...]
"""A ground atom or fluent: its name and its objects."""
Environment: TypeAlias = "list[str | Fact | Exact]"
"""Values of parameters, constants and quantified variables, in the order of a frame."""
Objects: TypeAlias = Callable[[tuple[str, ...]], tuple[str, ...]]
"""The objects of some types."""


class State:
    """What holds now.

    Attributes:
        facts: Ground atoms that hold, without derived ones.
        values: Values of ground functions; those that are missing are undefined.
        objects: The objects of some types.
        derive: Adds what follows from the rules to an empty set.
        work_left: How many more evaluations are allowed.
        time: How long the plan has taken.
    """

    __slots__ = ("_derived", "_max_work", "derive", "facts", "objects", "time", "values", "work_left")

    def __init__(
        self,
        facts: set[Fact],
        values: dict[Fact, Exact],
        objects: Objects,
        derive: Callable[[State, set[Fact]], None] | None,
        max_work: int,
    ) -> None:
        self.facts, self.values, self.objects, self.derive = facts, values, objects, derive
        self.work_left = self._max_work = max_work
        self.time: Exact = 0
        self._derived: set[Fact] | None = None

    def spend(self, work: int = 1) -> None:
        """Count evaluations.

        Raises:
            TooMuchWork: More than are allowed.
        """
        self.work_left -= work
        if self.work_left < 0:
            raise TooMuchWork(f"judging it takes more than {self._max_work:,} evaluations")

    def bindings(self, types: Iterable[tuple[str, ...]], work: int = 1) -> Iterator[tuple[str, ...]]:
        """All ways to choose an object of each of some types, one after the other.

        Raises:
            TooMuchWork: There are more than are allowed.
        """
        for objects in itertools.product(*[self.objects(kind) for kind in types]):
            self.spend(work)
            yield objects

    def derived(self) -> set[Fact]:
        """The derived facts that hold; while they are being worked out, those known so far."""
        if self._derived is None:
            self._derived = set()
            if self.derive is not None:
                self.derive(self, self._derived)
        return self._derived

    def changed(self) -> None:
        """Forget what followed from the facts and values before."""
        self._derived = None

    def copy(self) -> State:
        """The same state, to go on from in another way."""
        other = State(self.facts.copy(), self.values.copy(), self.objects, self.derive, self._max_work)
        other.work_left, other.time = self.work_left, self.time
        return other

    def visible_facts(self) -> Mapping[Fact, None]:
        """Everything that holds, derived facts included, in alphabetical order."""
        return dict.fromkeys(sorted(self.facts | self.derived()))
