"""A state of the world while a plan is carried out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from modulo.critics.plan.pddl.syntax import Exact
from modulo.critics.plan.undetermined import Meaningless, TooMuchWork

__all__ = ["Derived", "Environment", "Fact", "Objects", "State", "Work"]

Fact: TypeAlias = tuple[str, ...]
"""A ground atom or fluent: its name and its objects."""
Environment: TypeAlias = "list[str | Fact | Exact]"
"""Values of parameters, constants and quantified variables, in the order of a frame."""
Objects: TypeAlias = Callable[[tuple[str, ...]], tuple[str, ...]]
"""The objects of some types."""


class Work:
    """How much work judging may take; states that come from one another share it.

    Args:
        most: How many evaluations are allowed.
    """

    __slots__ = ("_most", "left")

    def __init__(self, most: int) -> None:
        self._most = self.left = most

    def spend(self, evaluations: int = 1) -> None:
        """Count evaluations.

        Raises:
            TooMuchWork: More than are allowed.
        """
        self.left -= evaluations
        if self.left < 0:
            raise TooMuchWork(f"judging it takes more than {self._most:,} evaluations")


class Derived:
    """What follows from the rules in a state.

    Attributes:
        facts: Derived facts that hold.
        meaningless: Derived facts of which nobody can say whether they hold, and why.
    """

    __slots__ = ("facts", "meaningless")

    def __init__(self) -> None:
        self.facts: set[Fact] = set()
        self.meaningless: dict[Fact, Meaningless] = {}


class State:
    """What holds now.

    Attributes:
        facts: Ground atoms that hold, without derived ones.
        values: Values of ground functions; those that are missing are undefined.
        objects: The objects of some types.
        derive: Works out what follows from the rules.
        work: How much more work is allowed.
        time: How long the plan takes, once that is known.
    """

    __slots__ = ("_derived", "derive", "facts", "objects", "spend", "time", "values", "work")

    def __init__(
        self,
        facts: set[Fact],
        values: dict[Fact, Exact],
        objects: Objects,
        derive: Callable[[State, Derived], None] | None,
        work: Work,
    ) -> None:
        self.facts, self.values, self.objects, self.derive = facts, values, objects, derive
        self.work, self.spend = work, work.spend
        self.time: Exact = 0
        self._derived: Derived | None = None

    def bindings(self, types: Iterable[tuple[str, ...]], work: int = 1) -> Iterator[tuple[str, ...]]:
        """All ways to choose an object of each of some types, one after the other.

        Raises:
            TooMuchWork: There are more than are allowed.
        """
        for objects in itertools.product(*[self.objects(kind) for kind in types]):
            self.spend(work)
            yield objects

    def derived(self) -> Derived:
        """What follows now; while that is being worked out, what is known so far."""
        if self._derived is None:
            self._derived = Derived()
            try:
                if self.derive is not None:
                    self.derive(self, self._derived)
            except TooMuchWork:
                self._derived = None  # half of it must not pass for all of it
                raise
        return self._derived

    def derives(self, fact: Fact) -> bool:
        """Whether a derived fact holds.

        Raises:
            Meaningless: Nobody can say.
        """
        derived = self.derived()
        if fact in derived.facts:
            return True
        if fact in derived.meaningless:
            raise derived.meaningless[fact]
        return False

    def changed(self) -> None:
        """Forget what followed from the facts and values before."""
        self._derived = None

    def copy(self, work: Work | None = None) -> State:
        """The same state, to go on from in another way.

        Args:
            work: How much more work that may take; None shares what this state has left.
        """
        other = State(self.facts.copy(), self.values.copy(), self.objects, self.derive, work or self.work)
        other.time = self.time
        return other

    def visible_facts(self) -> Mapping[Fact, None]:
        """Everything that holds, derived facts included, in alphabetical order."""
        return dict.fromkeys(sorted(self.facts | self.derived().facts))
