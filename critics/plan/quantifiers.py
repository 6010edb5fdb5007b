"""Looks for objects for quantified variables, one variable after the other.

Each part of a conjunction is looked at as soon as the variables that it mentions have objects, so that whole branches
are given up early. Without that, rules and conditions of benchmarks take days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from msgspec import Struct

from modulo.critics.plan.frame import Frame
from modulo.critics.plan.pddl.syntax import (
    And,
    Atom,
    Equals,
    Exists,
    Fluent,
    Forall,
    Formula,
    Imply,
    Not,
    Or,
    Parameter,
    work_of,
)
from modulo.critics.plan.state import Environment, State
from modulo.critics.plan.undetermined import Meaningless

__all__ = ["Holds", "Search", "conjuncts", "free_variables", "negation", "search_for"]

Holds: TypeAlias = Callable[[Environment, State], bool]


class Search(Struct, frozen=True):
    """A search for objects for which every part of a conjunction holds.

    Attributes:
        places: Where the variables stand in the environment.
        types: Their types.
        levels: By how many of the variables must have objects, the parts that are looked at then.
        work: How many evaluations that counts for, level by level.
    """

    places: tuple[int, ...]
    types: tuple[tuple[str, ...], ...]
    levels: tuple[tuple[Holds, ...], ...]
    work: tuple[int, ...]

    def finds(self, env: Environment, state: State, level: int = 0, doubt: Meaningless | None = None) -> bool:
        """Whether there are such objects.

        Args:
            env: The environment; variables are set in it.
            state: The state.
            level: How many variables have objects.
            doubt: Why a part that was looked at has no value, if one has none.

        Raises:
            Meaningless: Nobody can say: there are none for sure, but some for which a part has no value.
        """
        for holds in self.levels[level]:
            try:
                if not holds(env, state):
                    return False
            except Meaningless as error:
                doubt = error
        if level == len(self.places):
            if doubt is not None:
                raise doubt
            return True
        place, doubts = self.places[level], None
        for item in state.objects(self.types[level]):
            state.spend(self.work[level + 1])
            env[place] = item
            try:
                if self.finds(env, state, level + 1, doubt):
                    return True
            except Meaningless as error:
                doubts = error
        if doubts is not None:
            raise doubts
        return False

    def each(
        self, env: Environment, state: State, level: int = 0, doubt: Meaningless | None = None
    ) -> Iterator[Meaningless | None]:
        """Set the variables to all such objects, one after the other.

        Yields:
            None, or why nobody can say whether these are such objects.
        """
        for holds in self.levels[level]:
            try:
                if not holds(env, state):
                    return
            except Meaningless as error:
                doubt = error
        if level == len(self.places):
            yield doubt
            return
        for item in state.objects(self.types[level]):
            state.spend(self.work[level + 1])
            env[self.places[level]] = item
            yield from self.each(env, state, level + 1, doubt)


def search_for(
    places: Sequence[int],
    parameters: Sequence[Parameter],
    parts: Iterable[Formula],
    frame: Frame,
    compile_part: Callable[[Formula, Frame], Holds],
) -> Search:
    """A search for objects for variables that are bound in a frame.

    Args:
        places: Their places.
        parameters: The variables, in the order in which they get objects.
        parts: What must hold.
        frame: The frame.
        compile_part: Compiles one part.
    """
    levels: list[list[Formula]] = [[] for _ in range(len(places) + 1)]
    order = {place: level for level, place in enumerate(places, 1)}
    for part in parts:
        mentioned = [frame.place(variable) for variable in free_variables(part)]
        level = max([order.get(place, 0) for place in mentioned], default=0)
        levels[level].append(part)
    types = tuple([parameter.types for parameter in parameters])
    compiled = [tuple([compile_part(part, frame) for part in level]) for level in levels]
    work = tuple([work_of(tuple(level)) for level in levels])
    return Search(tuple(places), types, tuple(compiled), work)


def conjuncts(formula: Formula) -> Iterator[Formula]:
    """The parts of a conjunction, and of the conjunctions in it."""
    if isinstance(formula, And):
        for part in formula.parts:
            yield from conjuncts(part)
    else:
        yield formula


def negation(formula: Formula) -> Formula:
    """The negation of a formula, as a conjunction where it is one."""
    match formula:
        case Not(part):
            return part
        case Or(parts):
            return And(tuple([negation(part) for part in parts]))
        case Imply(condition, consequence):
            return And((condition, negation(consequence)))
        case Forall(parameters, body):
            return Exists(parameters, negation(body))
    return Not(formula)


def free_variables(node: object) -> frozenset[str]:
    """The variables of a formula or expression that no quantifier in it binds."""
    match node:
        case Exists(parameters, body) | Forall(parameters, body):
            return free_variables(body) - {parameter.name for parameter in parameters}
        case Atom(_, terms) | Fluent(_, terms):
            return frozenset([term for term in terms if term[0] == "?"])
        case Equals(left, right):
            return frozenset([term for term in (left, right) if term[0] == "?"])
    if isinstance(node, Struct):
        node = tuple([getattr(node, name) for name in node.__struct_fields__])
    if isinstance(node, tuple):
        return frozenset().union(*[free_variables(part) for part in node])
    return frozenset()
