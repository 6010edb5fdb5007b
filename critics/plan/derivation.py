"""Works out derived predicates, stratum by stratum, until nothing more follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from modulo.critics.plan.conditions import Holds, compile_formula
from modulo.critics.plan.frame import Frame
from modulo.critics.plan.state import Fact, State
from modulo.critics.plan.strata import atoms_in, strata
from modulo.critics.plan.syntax import Derived, Fluent, walk

__all__ = ["Derivation"]

_WORK_OF_A_FACT: Final = 20
"""Facts fill the memory, where conditions only take time."""


class _Rule(Struct, frozen=True):
    rule: Derived
    frame: Frame
    holds: Holds


class Derivation:
    """The rules of a domain.

    Attributes:
        names: The derived predicates.
        needs: For each, what it may stand on in the end, as ``("atom", predicate)`` and ``("number", function)``.

    Args:
        rules: The rules.
    """

    def __init__(self, rules: Sequence[Derived]) -> None:
        self.names = frozenset(rule.predicate for rule in rules)
        self.needs = _needs(rules)
        levels = strata(rules)[0]
        self._strata: list[list[_Rule]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
        for rule in rules:
            frame = Frame(rule.parameters, self.names)
            compiled = _Rule(rule, frame, compile_formula(rule.body, frame))
            self._strata[levels[rule.predicate]].append(compiled)

    def derive(self, state: State, known: set[Fact]) -> None:
        """Add every fact that follows from a state.

        Raises:
            Meaningless: A rule has no value.
        """
        for rules in self._strata:
            while sum(self._apply(rule, state, known) for rule in rules):
                pass

    def _apply(self, rule: _Rule, state: State, known: set[Fact]) -> int:
        before = len(known)
        name = rule.rule.predicate
        for objects in state.bindings([item.types for item in rule.rule.parameters]):
            fact = (name, *objects)
            if fact not in known and rule.holds(rule.frame.environment(objects), state):
                state.spend(_WORK_OF_A_FACT)
                known.add(fact)
        return len(known) - before


def _needs(rules: Sequence[Derived]) -> dict[str, frozenset[Fact]]:
    found: dict[str, set[Fact]] = {rule.predicate: set() for rule in rules}
    for rule in rules:
        found[rule.predicate] |= {("atom", atom.predicate) for atom, _ in atoms_in(rule.body)}
        found[rule.predicate] |= {
            ("number", part.function) for part in walk(rule.body) if isinstance(part, Fluent)
        }
    changed = True
    while changed:
        changed = False
        for needed in found.values():
            more = set().union(*[found.get(name, ()) for kind, name in needed if kind == "atom"]) - needed
            changed = changed or bool(more)
            needed |= more
    return {name: frozenset(needed) for name, needed in found.items()}
