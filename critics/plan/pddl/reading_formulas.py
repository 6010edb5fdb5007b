"""Reads formulas and numeric expressions."""

from __future__ import annotations

from typing import Final

from modulo.critics.plan.pddl.forms import Form, Group, Word, is_number
from modulo.critics.plan.pddl.scope import Scope
from modulo.critics.plan.pddl.syntax import (
    And,
    Arithmetic,
    Atom,
    Compare,
    DurationOf,
    Equals,
    Exists,
    Expression,
    Fluent,
    Forall,
    Formula,
    Imply,
    Not,
    Number,
    Or,
    TotalTime,
)
from modulo.critics.plan.pddl.typed_lists import read_number

__all__ = ["CONNECTIVES", "IMPLICIT_COST", "read_atom", "read_expression", "read_fluent", "read_formula"]

CONNECTIVES: Final = frozenset({"and", "or", "not", "imply", "exists", "forall"})
IMPLICIT_COST: Final = "total-cost"
"""A function that is always there and 0 at first: benchmarks measure by it without declaring it."""
_COMPARISONS: Final = frozenset({"<", "<=", "=", ">=", ">"})
_OPERATORS: Final = frozenset({"+", "-", "*", "/"})
_CONSTRAINTS: Final = frozenset(
    [
        "preference",
        "always",
        "sometime",
        "within",
        "at-most-once",
        "sometime-after",
        "sometime-before",
        "always-within",
        "hold-during",
        "hold-after",
        "is-violated",
    ]
)
_CHANCES: Final = frozenset({"probabilistic", "oneof"})


def read_formula(form: Form, scope: Scope) -> Formula:
    """The formula that a form is; ``()`` is the empty conjunction.

    Raises:
        PddlError: It is none.
    """
    if not isinstance(form, Group):
        scope.source.fail(form, "a condition in parentheses should stand here")
    if not form.items:
        return And(())
    match form.head:
        case "and":
            return And(tuple([read_formula(item, scope) for item in form.items[1:]]))
        case "or":
            return Or(tuple([read_formula(item, scope) for item in form.items[1:]]))
        case "not":
            return Not(read_formula(_operands(form, scope, 1)[0], scope))
        case "imply":
            condition, consequence = _operands(form, scope, 2)
            return Imply(read_formula(condition, scope), read_formula(consequence, scope))
        case "exists" | "forall" as quantifier:
            return _read_quantified(quantifier, form, scope)
        case sign if sign in _COMPARISONS:
            return _read_comparison(form, scope)
    return read_atom(form, scope)


def read_atom(form: Form, scope: Scope) -> Atom:
    """An atom of a declared predicate.

    Raises:
        PddlError: It is none.
    """
    if not isinstance(form, Group) or not form.head:
        scope.source.fail(form, "a predicate in parentheses should stand here")
    signature = scope.predicates.get(form.head)
    if signature is None:
        if form.head in _CONSTRAINTS:
            scope.source.unsupported(form, f"({form.head} ...) is a preference or trajectory constraint")
        if form.head in _CHANCES:
            scope.source.unsupported(form, f"({form.head} ...) leaves the effect to chance")
        scope.source.fail(form, f"there is no predicate {form.head[:80]}")
    return Atom(form.head, scope.read_terms(form.items[1:], signature, form))


def read_expression(form: Form, scope: Scope) -> Expression:
    """A numeric expression.

    Raises:
        PddlError: It is none.
    """
    if isinstance(form, Word):
        if is_number(form.text):
            return Number(read_number(scope.source, form))
        if form.text == "?duration" and scope.has_duration:
            return DurationOf()
        if form.text == "#t":
            scope.source.unsupported(form, "#t belongs to :continuous-effects")
    name = form.text if isinstance(form, Word) else form.head
    if name == "total-time" and scope.has_total_time and name not in scope.functions:
        return TotalTime()
    if isinstance(form, Group) and name in _OPERATORS:
        return _read_arithmetic(name, form, scope)
    return read_fluent(form, scope)


def read_fluent(form: Form, scope: Scope) -> Fluent:
    """A declared function of some terms; one without terms may stand without parentheses.

    Raises:
        PddlError: It is none.
    """
    name, terms = (form.text, []) if isinstance(form, Word) else (form.head, form.items[1:])
    signature = scope.functions.get(name)
    if signature is None:
        if name in _CONSTRAINTS:
            scope.source.unsupported(form, f"({name} ...) belongs to preferences")
        scope.source.fail(form, f"there is no function {name[:80]}" if name else "a number should stand here")
    return Fluent(name, scope.read_terms(terms, signature, form))


def _operands(form: Group, scope: Scope, count: int) -> list[Form]:
    operands = form.items[1:]
    if len(operands) != count:
        scope.source.fail(form, f"'{form.head}' takes {count} operands, not {len(operands)}")
    return operands


def _read_quantified(quantifier: str, form: Group, scope: Scope) -> Formula:
    variables, body = _operands(form, scope, 2)
    parameters = scope.read_parameters(variables)
    read = read_formula(body, scope.quantify(form, parameters))
    return Exists(parameters, read) if quantifier == "exists" else Forall(parameters, read)


def _read_comparison(form: Group, scope: Scope) -> Formula:
    left, right = _operands(form, scope, 2)
    if form.head == "=" and _is_term(left, scope) and _is_term(right, scope):
        return Equals(scope.read_term(left)[0], scope.read_term(right)[0])
    return Compare(form.head, read_expression(left, scope), read_expression(right, scope))  # type: ignore[arg-type]


def _is_term(form: Form, scope: Scope) -> bool:
    if not isinstance(form, Word) or is_number(form.text):
        return False
    if form.text == "?duration" and scope.has_duration:
        return False
    return form.text in scope.objects or form.text not in scope.functions


def _read_arithmetic(operator: str, form: Group, scope: Scope) -> Expression:
    parts = tuple([read_expression(item, scope) for item in form.items[1:]])
    least, most = {"+": (1, None), "*": (1, None), "-": (1, 2), "/": (2, 2)}[operator]
    if len(parts) < least or (most is not None and len(parts) > most):
        scope.source.fail(form, f"'{operator}' does not take {len(parts)} operands")
    return Arithmetic(operator, parts)  # type: ignore[arg-type]
