"""What an action reads and writes, so that actions at the same time can be kept from interfering.

Source: Fox and Long, "PDDL2.1" (2003), definition 12: of two actions at the same time, neither may read what the
other writes, neither may add what the other deletes, and both may change a number only by adding to it. What an
action reads are all ground atoms in its conditions, whether they matter in this state or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from modulo.critics.plan.effects import Change
from modulo.critics.plan.pddl.syntax import (
    And,
    Arithmetic,
    Atom,
    Compare,
    Effect,
    Effects,
    Exists,
    Expression,
    Fluent,
    Forall,
    ForEach,
    Formula,
    Imply,
    Not,
    Or,
    Parameter,
    Update,
    When,
    work_of,
)
from modulo.critics.plan.state import Fact, State

__all__ = ["Binding", "Footprint"]

_WORK_OF_A_READ: Final = 20
"""What is kept fills the memory, where looking at it only takes time."""

Binding = Mapping[str, str]
"""Objects by variable."""


class Footprint:
    """What one action reads and writes at one moment.

    Atoms and functions are told apart by the first item of a key.

    Args:
        state: The state in which it happens.
        needs: By derived predicate, the predicates and functions that it may stand on.

    Attributes:
        reads: What it looks at.
        adds: Atoms that it makes true.
        deletes: Atoms that it makes false.
        additions: Numbers that it only adds to.
        assignments: Numbers that it changes in another way.
        wide_reads: Predicates and functions of which it may look at any atom or value.
        touches: Predicates and functions of which it changes one.
    """

    __slots__ = (
        "_needs",
        "_state",
        "additions",
        "adds",
        "assignments",
        "deletes",
        "reads",
        "touches",
        "wide_reads",
    )

    def __init__(self, state: State, needs: Mapping[str, frozenset[Fact]]) -> None:
        self._state, self._needs = state, needs
        self.reads: set[Fact] = set()
        self.adds: set[Fact] = set()
        self.deletes: set[Fact] = set()
        self.additions: set[Fact] = set()
        self.assignments: set[Fact] = set()
        self.wide_reads: set[Fact] = set()
        self.touches: set[Fact] = set()

    def write(self, change: Change) -> None:
        """Take in what it changes."""
        self.adds |= {("atom", *fact) for fact in change.adds}
        self.deletes |= {("atom", *fact) for fact in change.deletes}
        for operator, key, _ in change.updates:
            kind = self.additions if operator in ("increase", "decrease") else self.assignments
            kind.add(("number", *key))
        if self._needs:
            written = (*change.adds, *change.deletes)
            self.touches = {("atom", fact[0]) for fact in written}
            self.touches |= {("number", key[0]) for _, key, _ in change.updates}

    def read_condition(self, formula: Formula, binding: Binding) -> None:
        """Take in what a condition looks at."""
        match formula:
            case Atom(predicate, terms):
                self._read_atom(predicate, terms, binding)
            case Compare(_, left, right):
                self.read_expression(left, binding)
                self.read_expression(right, binding)
            case Not(part):
                self.read_condition(part, binding)
            case And(parts) | Or(parts):
                for part in parts:
                    self.read_condition(part, binding)
            case Imply(condition, consequence):
                self.read_condition(condition, binding)
                self.read_condition(consequence, binding)
            case Exists(parameters, body) | Forall(parameters, body):
                for inner in self._bindings(parameters, binding, body):
                    self.read_condition(body, inner)

    def read_expression(self, expression: Expression, binding: Binding) -> None:
        """Take in what an expression looks at."""
        match expression:
            case Fluent(function, terms):
                self._read(("number", function, *[binding.get(term, term) for term in terms]))
            case Arithmetic(_, parts):
                for part in parts:
                    self.read_expression(part, binding)

    def read_effect(self, effect: Effect, binding: Binding) -> None:
        """Take in what an effect looks at: conditions and amounts."""
        match effect:
            case Update(_, _, value):
                self.read_expression(value, binding)
            case Effects(parts):
                for part in parts:
                    self.read_effect(part, binding)
            case When(condition, inner):
                self.read_condition(condition, binding)
                self.read_effect(inner, binding)
            case ForEach(parameters, inner):
                for own in self._bindings(parameters, binding, inner):
                    self.read_effect(inner, own)

    def read_quantified(self, parameters: tuple[Parameter, ...], formula: Formula, binding: Binding) -> None:
        """Take in what a condition looks at, for every object of some parameters."""
        for inner in self._bindings(parameters, binding, formula):
            self.read_condition(formula, inner)

    def _read_atom(self, predicate: str, terms: tuple[str, ...], binding: Binding) -> None:
        if predicate in self._needs:
            # Which atoms a derived one stands on depends on the state; all of these predicates count.
            self.wide_reads |= self._needs[predicate]
        else:
            self._read(("atom", predicate, *[binding.get(term, term) for term in terms]))

    def _read(self, key: Fact) -> None:
        if key not in self.reads:
            self._state.spend(_WORK_OF_A_READ)
            self.reads.add(key)

    def _bindings(
        self, parameters: tuple[Parameter, ...], binding: Binding, body: Formula | Effect
    ) -> Iterator[Binding]:
        names = [item.name for item in parameters]
        for objects in self._state.bindings([item.types for item in parameters], work_of(body)):
            yield {**binding, **dict(zip(names, objects, strict=True))}
