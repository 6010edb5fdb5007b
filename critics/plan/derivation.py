"""Works out derived predicates, stratum by stratum, until nothing more follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from modulo.critics.plan.conditions import compile_formula
from modulo.critics.plan.frame import Frame
from modulo.critics.plan.pddl.strata import atoms_in, strata
from modulo.critics.plan.pddl.syntax import Derived as Rule
from modulo.critics.plan.pddl.syntax import Fluent, walk
from modulo.critics.plan.quantifiers import Search, conjuncts, search_for
from modulo.critics.plan.state import Derived, Environment, Fact, State

__all__ = ["Derivation"]

_WORK_OF_A_FACT: Final = 20
"""Facts fill the memory, where conditions only take time."""


class _Rule(Struct, frozen=True):
    arity: int
    head: Callable[[Environment], Fact]
    frame: Frame
    search: Search


class Derivation:
    """The rules of a domain.

    Attributes:
        names: The derived predicates.
        needs: For each, what it may stand on in the end, as ``("atom", predicate)`` and ``("number", function)``.

    Args:
        rules: The rules.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.names = frozenset(rule.predicate for rule in rules)
        self.needs = _needs(rules)
        levels = strata(rules)[0]
        self._strata: list[list[_Rule]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
        for rule in rules:
            frame = Frame(rule.parameters, self.names)
            places = range(len(rule.parameters))
            search = search_for(places, rule.parameters, conjuncts(rule.body), frame, compile_formula)
            head = frame.fact(rule.predicate, [item.name for item in rule.parameters])
            compiled = _Rule(len(rule.parameters), head, frame, search)
            self._strata[levels[rule.predicate]].append(compiled)

    def derive(self, state: State, derived: Derived) -> None:
        """Add every fact that follows from a state.

        Raises:
            TooMuchWork: It takes more than is allowed.
        """
        for rules in self._strata:
            while sum([self._apply(rule, state, derived) for rule in rules]):
                pass

    def _apply(self, rule: _Rule, state: State, derived: Derived) -> int:
        """Apply a rule to all objects once; returns how many facts are new, or new among those without a value.

        What stands on a fact without a value may have none either, whichever rule comes first.
        """
        before = len(derived.facts) + len(derived.meaningless)
        env = rule.frame.environment([""] * rule.arity)
        for doubt in rule.search.each(env, state):
            fact = rule.head(env)
            if fact in derived.facts:
                continue
            state.spend(_WORK_OF_A_FACT)
            if doubt is None:
                derived.facts.add(fact)
            else:
                # Another rule may still decide it; only who asks for this very fact has no answer.
                derived.meaningless[fact] = doubt
        return len(derived.facts) + len(derived.meaningless) - before


def _needs(rules: Sequence[Rule]) -> dict[str, frozenset[Fact]]:
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
