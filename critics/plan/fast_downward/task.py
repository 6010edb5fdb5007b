"""Writes a problem anew for Fast Downward, so that it can mean only what the validator reads.

Fast Downward has a reader of its own, which differs in corners: it takes a type that is named only as a parent for
no subtype of ``object``, keeps the last of two costs of an action, lets inner variables be captured. So it never
gets the user's text. What our reader read is written in the plainest form: every name is one of ours (``a0``, ``p1``,
``o2``, ``?v3``), no variable name is used twice, types are predicates whose facts are computed here, and effects
are single literals, each below its own quantifier and condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import assert_never

from modulo.critics.plan.fast_downward.costs import ActionCosts
from modulo.critics.plan.fast_downward.results import UnsupportedByPlanner
from modulo.critics.plan.pddl.syntax import (
    EVERY_OBJECT,
    Action,
    And,
    Atom,
    Compare,
    Derived,
    Domain,
    Effect,
    Effects,
    Equals,
    Exists,
    Forall,
    ForEach,
    Formula,
    Imply,
    Not,
    Or,
    Parameter,
    Problem,
    SetFact,
    Update,
    When,
)
from modulo.critics.plan.pddl.type_tree import TypeTree

__all__ = ["PlannerTask", "planner_task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerTask:
    """A problem as Fast Downward gets it.

    Attributes:
        domain_text: Its PDDL domain.
        problem_text: Its PDDL problem.
        names: What the actions and objects in it are really called.
        most_cost: The largest cost of an action, as written there; 1 where plans are compared by length.
    """

    domain_text: str = field(repr=False)
    problem_text: str = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    most_cost: int = 1

    def action(self, words: Iterable[str]) -> str:
        """A step of a plan in the problem's own names."""
        return f"({' '.join([self.names[word] for word in words])})"


def planner_task(domain: Domain, problem: Problem, *, has_costs: bool) -> PlannerTask:
    """Write a problem for Fast Downward.

    Numeric effects are left out unless they are costs that are asked for: where no condition reads a number,
    they decide nothing. (An action whose number is undefined may then be used; that can only add plans.)

    Args:
        domain: The domain.
        problem: The problem.
        has_costs: Whether plans are compared by the problem's metric, and not by their lengths.

    Raises:
        UnsupportedByPlanner: The problem uses what cannot be written so.
    """
    if domain.durative_actions or problem.timed_facts:
        raise UnsupportedByPlanner("it is about time")
    return _Writer(domain, problem, ActionCosts(domain, problem) if has_costs else None).task()


class _Writer:
    def __init__(self, domain: Domain, problem: Problem, costs: ActionCosts | None) -> None:
        self._domain, self._problem, self._costs = domain, problem, costs
        self._types = TypeTree(domain.types)
        self._objects = {one.name: one.types for one in chain(domain.constants, problem.objects)}
        self._object_names = {name: f"o{n}" for n, name in enumerate(self._objects)}
        self._predicates = {one.name: f"p{n}" for n, one in enumerate(domain.predicates)}
        self._derived = {rule.predicate for rule in domain.derived}
        self._type_names: dict[tuple[str, ...], str] = {}
        self._variables: Iterator[int] = count()

    def task(self) -> PlannerTask:
        derived = [self._derivation(rule) for rule in self._domain.derived]
        actions = [self._action(f"a{n}", action) for n, action in enumerate(self._domain.actions)]
        goal = self._formula(self._problem.goal, {})
        costs = self._costs
        functions = ["(:functions (total-cost) - number", *costs.declarations(), ")"] if costs else []
        domain = [
            "(define (domain d) (:requirements :adl :derived-predicates :action-costs)",
            "(:constants",
            *self._object_names.values(),
            ")\n(:predicates",
            *self._declarations(),
            ")",
            *functions,
            *derived,
            *actions,
            ")\n",
        ]
        values = ["(= (total-cost) 0)", *costs.values(self._object_names)] if costs else []
        problem = [
            "(define (problem q) (:domain d) (:objects) (:init",
            *map(self._fact, self._problem.facts),
            *self._type_facts(),
            *values,
            f") (:goal (and {goal}))",
            *(["(:metric minimize (total-cost))"] if costs else []),
            ")\n",
        ]
        really = {short: name for name, short in self._object_names.items()}
        really |= {f"a{n}": action.name for n, action in enumerate(self._domain.actions)}
        return PlannerTask(
            domain_text="\n".join(domain),
            problem_text="\n".join(problem),
            names=really,
            most_cost=costs.most if costs else 1,
        )

    def _declarations(self) -> Iterator[str]:
        for one in self._domain.predicates:
            variables = [f"?x{n}" for n in range(len(one.parameters))]
            yield _list(self._predicates[one.name], variables)
        for name in self._type_names.values():
            yield f"({name} ?x0)"

    def _type_facts(self) -> Iterator[str]:
        for types, name in self._type_names.items():
            for member in self._types.members(self._objects, types):
                yield f"({name} {self._object_names[member]})"

    def _fact(self, atom: Atom) -> str:
        if atom.predicate in self._derived:
            raise UnsupportedByPlanner(f"the derived predicate {atom.predicate} stands in its initial state")
        return self._formula(atom, {})

    def _derivation(self, rule: Derived) -> str:
        names, guards = self._bind(rule.parameters, {})
        body = " ".join([*guards, self._formula(rule.body, names)])
        head = _list(self._predicates[rule.predicate], [names[one.name] for one in rule.parameters])
        return f"(:derived {head} (and {body}))"

    def _action(self, name: str, action: Action) -> str:
        names, guards = self._bind(action.parameters, {})
        condition = " ".join([*guards, self._formula(action.condition, names)])
        effects = list(self._effects(action.effect, names))
        if self._costs:
            effects += self._costs.effect(action, {**self._object_names, **names})
        parameters = " ".join([names[one.name] for one in action.parameters])
        return (
            f"(:action {name} :parameters ({parameters})\n"
            f" :precondition (and {condition})\n :effect (and {' '.join(effects)}))"
        )

    def _effects(
        self,
        effect: Effect,
        names: Mapping[str, str],
        variables: Sequence[str] = (),
        conditions: Sequence[str] = (),
    ) -> Iterator[str]:
        """Each literal on its own, as (forall (..) (when (and ..) literal))."""
        match effect:
            case SetFact():
                literal = self._formula(effect.atom if effect.holds else Not(effect.atom), names)
                guarded = f"(when (and {' '.join(conditions)}) {literal})" if conditions else literal
                yield f"(forall ({' '.join(variables)}) {guarded})" if variables else guarded
            case Update():
                return  # a cost, written apart; or nothing that decides anything
            case Effects():
                for part in effect.parts:
                    yield from self._effects(part, names, variables, conditions)
            case When():
                condition = self._formula(effect.condition, names)
                yield from self._effects(effect.effect, names, variables, [*conditions, condition])
            case ForEach():
                inner, guards = self._bind(effect.parameters, names)
                bound = [inner[one.name] for one in effect.parameters]
                yield from self._effects(effect.effect, inner, [*variables, *bound], [*conditions, *guards])
            case _:
                assert_never(effect)

    def _formula(self, formula: Formula, names: Mapping[str, str]) -> str:
        match formula:
            case Atom():
                return _list(self._predicates[formula.predicate], self._terms(formula.terms, names))
            case Equals():
                return _list("=", self._terms((formula.left, formula.right), names))
            case Not():
                return f"(not {self._formula(formula.part, names)})"
            case And():
                return _list("and", [self._formula(part, names) for part in formula.parts])
            case Or():
                return _list("or", [self._formula(part, names) for part in formula.parts])
            case Imply():
                return _list(
                    "imply",
                    [self._formula(formula.condition, names), self._formula(formula.consequence, names)],
                )
            case Exists():
                return self._quantified("exists", "and", formula, names)
            case Forall():
                return self._quantified("forall", "imply", formula, names)
            case Compare():
                raise UnsupportedByPlanner("a condition compares numbers")
            case _:
                assert_never(formula)

    def _quantified(
        self, quantifier: str, guarding: str, formula: Exists | Forall, names: Mapping[str, str]
    ) -> str:
        inner, guards = self._bind(formula.parameters, names)
        body = self._formula(formula.body, inner)
        if guards:
            body = f"({guarding} (and {' '.join(guards)}) {body})"
        if not formula.parameters:
            return body
        return f"({quantifier} ({' '.join(inner[one.name] for one in formula.parameters)}) {body})"

    def _bind(
        self, parameters: Sequence[Parameter], names: Mapping[str, str]
    ) -> tuple[dict[str, str], list[str]]:
        """Names that include those of some new variables, and the atoms that say of which types these are."""
        inner = {**names, **{one.name: f"?v{next(self._variables)}" for one in parameters}}
        guards = [
            f"({self._type_name(one.types)} {inner[one.name]})"
            for one in parameters
            if one.types != EVERY_OBJECT
        ]
        return inner, guards

    def _type_name(self, types: tuple[str, ...]) -> str:
        return self._type_names.setdefault(types, f"t{len(self._type_names)}")

    def _terms(self, terms: Sequence[str], names: Mapping[str, str]) -> list[str]:
        return [names[term] if term[0] == "?" else self._object_names[term] for term in terms]


def _list(head: str, items: Sequence[str]) -> str:
    return f"({' '.join([head, *items])})"
