"""Reads effects of actions."""

from __future__ import annotations

from typing import Final

from modulo.critics.plan.pddl.forms import Form, Group
from modulo.critics.plan.pddl.reading_formulas import read_atom, read_expression, read_fluent, read_formula
from modulo.critics.plan.pddl.scope import Scope
from modulo.critics.plan.pddl.syntax import Atom, Effect, Effects, ForEach, SetFact, Update, When

__all__ = ["UPDATES", "read_effect"]

UPDATES: Final = frozenset({"assign", "increase", "decrease", "scale-up", "scale-down"})


def read_effect(form: Form, scope: Scope) -> Effect:
    """The effect that a form is; ``()`` changes nothing.

    Raises:
        PddlError: It is none.
    """
    if not isinstance(form, Group):
        scope.source.fail(form, "an effect in parentheses should stand here")
    if not form.items:
        return Effects(())
    match form.head:
        case "and":
            return Effects(tuple([read_effect(item, scope) for item in form.items[1:]]))
        case "not":
            _check_operands(form, scope, 1)
            return SetFact(_read_changeable(form.items[1], scope), False)
        case "when":
            _check_operands(form, scope, 2)
            return When(read_formula(form.items[1], scope), read_effect(form.items[2], scope))
        case "forall":
            _check_operands(form, scope, 2)
            parameters = scope.read_parameters(form.items[1])
            return ForEach(parameters, read_effect(form.items[2], scope.quantify(form, parameters)))
        case operator if operator in UPDATES:
            return _read_update(form, scope)
    return SetFact(_read_changeable(form, scope), True)


def _read_update(form: Group, scope: Scope) -> Update:
    _check_operands(form, scope, 2)
    fluent = read_fluent(form.items[1], scope)
    return Update(form.head, fluent, read_expression(form.items[2], scope))  # type: ignore[arg-type]


def _read_changeable(form: Form, scope: Scope) -> Atom:
    atom = read_atom(form, scope)
    if atom.predicate in scope.derived:
        scope.source.fail(form, f"{atom.predicate} is derived, so no effect can change it")
    return atom


def _check_operands(form: Group, scope: Scope, count: int) -> None:
    if len(form.items) - 1 != count:
        scope.source.fail(form, f"'{form.head}' takes {count} operands, not {len(form.items) - 1}")
