"""Compiles formulas to closures. Quantifiers are expanded as they are evaluated.

A part without a value (an undefined function, a division by zero) makes a formula meaningless only if the rest
does not decide it: a disjunction with a true part is true, whatever stands before it. (Kleene's strong logic.)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Final, assert_never

from msgspec import Struct

from modulo.critics.plan.expressions import compile_expression
from modulo.critics.plan.frame import Frame
from modulo.critics.plan.pddl.syntax import (
    And,
    Atom,
    Compare,
    Equals,
    Exists,
    Forall,
    Formula,
    Imply,
    Not,
    Or,
    Parameter,
)
from modulo.critics.plan.quantifiers import Holds, conjuncts, negation, search_for
from modulo.critics.plan.state import Environment, Fact, State
from modulo.critics.plan.undetermined import Meaningless

__all__ = ["Condition", "compile_condition", "compile_formula"]

_COMPARISONS: Final = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


class Condition(Struct, frozen=True):
    """A conjunction: the literals, which are quick to look up, and the rest.

    Attributes:
        required: Find the facts that must hold.
        forbidden: Find the facts that must not hold.
        others: Decide the other parts.
        parts: Every part with what decides it, for explanations.
    """

    required: tuple[Callable[[Environment], Fact], ...]
    forbidden: tuple[Callable[[Environment], Fact], ...]
    others: tuple[Holds, ...]
    parts: tuple[tuple[Formula, Holds], ...]

    def holds(self, env: Environment, state: State) -> bool:
        """Whether all of it holds.

        Raises:
            Meaningless: Nobody can say.
        """
        facts = state.facts
        for fact in self.required:
            if fact(env) not in facts:
                return False
        for fact in self.forbidden:
            if fact(env) in facts:
                return False
        return not self.others or _every(self.others, env, state)


def compile_condition(formula: Formula, frame: Frame) -> Condition:
    """A formula as a conjunction."""
    required, forbidden, others, parts = [], [], [], []
    for part in conjuncts(formula):
        holds = compile_formula(part, frame)
        parts.append((part, holds))
        match part:
            case Atom(predicate, terms) if predicate not in frame.derived:
                required.append(frame.fact(predicate, terms))
            case Not(Atom(predicate, terms)) if predicate not in frame.derived:
                forbidden.append(frame.fact(predicate, terms))
            case _:
                others.append(holds)
    return Condition(tuple(required), tuple(forbidden), tuple(others), tuple(parts))


def compile_formula(formula: Formula, frame: Frame) -> Holds:
    """What decides a formula. The result raises ``Meaningless`` where nothing does."""
    match formula:
        case Atom(predicate, terms):
            return _compile_atom(predicate, terms, frame)
        case Equals(left, right):
            one, other = frame.place(left), frame.place(right)
            return lambda env, state: env[one] == env[other]
        case Compare(sign, left, right):
            compare = _COMPARISONS[sign]
            first, second = compile_expression(left, frame), compile_expression(right, frame)
            return lambda env, state: compare(first(env, state), second(env, state))
        case Not(part):
            holds = compile_formula(part, frame)
            return lambda env, state: not holds(env, state)
        case And(parts):
            every = [compile_formula(part, frame) for part in parts]
            return lambda env, state: _every(every, env, state)
        case Or(parts):
            some = [compile_formula(part, frame) for part in parts]
            return lambda env, state: _some(some, env, state)
        case Imply(condition, consequence):
            return compile_formula(Or((Not(condition), consequence)), frame)
        case Exists(parameters, body):
            return _compile_exists(parameters, body, frame)
        case Forall(parameters, body):
            return _compile_forall(parameters, body, frame)
    assert_never(formula)


def _compile_atom(predicate: str, terms: tuple[str, ...], frame: Frame) -> Holds:
    fact = frame.fact(predicate, terms)
    if predicate in frame.derived:
        return lambda env, state: state.derives(fact(env))
    return lambda env, state: fact(env) in state.facts


def _every(parts: Sequence[Holds], env: Environment, state: State) -> bool:
    meaningless = None
    for holds in parts:
        try:
            if not holds(env, state):
                return False
        except Meaningless as error:
            meaningless = error
    if meaningless is not None:
        raise meaningless
    return True


def _some(parts: Sequence[Holds], env: Environment, state: State) -> bool:
    meaningless = None
    for holds in parts:
        try:
            if holds(env, state):
                return True
        except Meaningless as error:
            meaningless = error
    if meaningless is not None:
        raise meaningless
    return False


def _compile_exists(parameters: tuple[Parameter, ...], body: Formula, frame: Frame) -> Holds:
    while isinstance(body, Exists) and not {item.name for item in body.parameters} & {
        item.name for item in parameters
    }:
        parameters, body = (*parameters, *body.parameters), body.body
    with frame.bound(parameters) as places:
        search = search_for(places, parameters, conjuncts(body), frame, compile_formula)
    return search.finds


def _compile_forall(parameters: tuple[Parameter, ...], body: Formula, frame: Frame) -> Holds:
    """What decides that no objects are found for which the body does not hold."""
    finds_another = _compile_exists(parameters, negation(body), frame)
    return lambda env, state: not finds_another(env, state)
