"""Reads domains, strictly: whatever is undeclared, contradicts itself or cannot be judged is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from modulo.critics.plan.pddl.forms import Form, Group, Source, Word
from modulo.critics.plan.pddl.reading_durative import read_durations, read_timed_condition, read_timed_effect
from modulo.critics.plan.pddl.reading_effects import UPDATES, read_effect
from modulo.critics.plan.pddl.reading_formulas import CONNECTIVES, IMPLICIT_COST, read_formula
from modulo.critics.plan.pddl.scope import Scope
from modulo.critics.plan.pddl.sections import Sections, read_definition, read_pairs, read_requirements
from modulo.critics.plan.pddl.strata import strata
from modulo.critics.plan.pddl.syntax import (
    EVERY_OBJECT,
    NO_EFFECT,
    NOTHING,
    Action,
    Derived,
    Domain,
    DurativeAction,
    Parameter,
    Signature,
    TypeDeclaration,
)
from modulo.critics.plan.pddl.type_tree import TypeTree
from modulo.critics.plan.pddl.typed_lists import read_name, read_parameters, read_typed_list, split_dashes

__all__ = ["MAX_DERIVED", "domain_scope", "read_domain"]

MAX_DERIVED: Final = 200
"""Most derived predicates; what depends on what is found in quadratic time."""

_ONCE: Final = (":requirements", ":types", ":constants", ":predicates", ":functions")
_MANY: Final = (":action", ":durative-action", ":derived")
_RESERVED: Final = CONNECTIVES | UPDATES | {"when", "either", "<", "<=", "=", ">=", ">", "+", "-", "*", "/"}


def read_domain(text: str) -> Domain:
    """Read a PDDL domain.

    Raises:
        PddlError: The text is none, or cannot be judged; the message gives line and column.
    """
    source = Source("domain", text)
    name, sections = read_definition(source, "domain", once=_ONCE, many=_MANY)
    requirements = read_requirements(source, sections)
    types = _read_types(source, sections)
    scope = _declarations(source, sections, TypeTree(types))
    _check_action_names(source, sections)
    return Domain(
        name=name,
        requirements=requirements,
        types=types,
        constants=tuple([Parameter(name, given) for name, given in scope.objects.items()]),
        predicates=tuple(scope.predicates.values()),
        functions=tuple(scope.functions.values()),
        derived=_read_rules(source, sections, scope),
        actions=tuple([_read_action(section, scope) for section in sections[":action"]]),
        durative_actions=tuple([_read_durative(section, scope) for section in sections[":durative-action"]]),
    )


def domain_scope(domain: Domain, source: Source) -> Scope:
    """What the domain lets a problem name, before the problem's own objects."""
    return Scope(
        source=source,
        types=TypeTree(domain.types),
        objects={constant.name: constant.types for constant in domain.constants},
        predicates={signature.name: signature for signature in domain.predicates},
        functions={signature.name: signature for signature in domain.functions},
        derived=frozenset(rule.predicate for rule in domain.derived),
        variables={},
    )


def _read_types(source: Source, sections: Sections) -> tuple[TypeDeclaration, ...]:
    found = []
    for section in sections[":types"]:
        for word, parents in read_typed_list(source, section.items[1:], None):
            name = read_name(source, word, "a type")
            if name == "object" and parents != EVERY_OBJECT:
                source.fail(word, "object is the type of everything and belongs to no other type")
            if name != "object":
                found.append(TypeDeclaration(name, parents))
        fault = TypeTree(found).fault()
        if fault is not None:
            source.fail(section, fault)
    return tuple(found)


def _declarations(source: Source, sections: Sections, types: TypeTree) -> Scope:
    constants: dict[str, tuple[str, ...]] = {}
    for section in sections[":constants"]:
        for word, given in read_typed_list(source, section.items[1:], types):
            name = read_name(source, word, "a constant")
            if name in constants:
                source.fail(word, f"the constant {name} is declared twice")
            constants[name] = given
    predicates = _read_signatures(source, sections[":predicates"], types, "predicate")
    functions = _read_functions(source, sections[":functions"], types)
    heads = [_rule_head(source, section) for section in sections[":derived"]]
    return Scope(
        source=source,
        types=types,
        objects=constants,
        predicates=predicates,
        functions=functions,
        derived=frozenset(head.head for head in heads),
        variables={},
    )


def _read_signatures(
    source: Source, sections: Iterable[Group], types: TypeTree, what: str
) -> dict[str, Signature]:
    found: dict[str, Signature] = {}
    for section in sections:
        for item in section.items[1:]:
            signature = _read_signature(source, item, types, what)
            if signature.name in found:
                source.fail(item, f"the {what} {signature.name} is declared twice")
            found[signature.name] = signature
    return found


def _read_signature(source: Source, form: Form, types: TypeTree, what: str) -> Signature:
    if not isinstance(form, Group) or not form.items:
        source.fail(form, f"a {what} in parentheses should stand here")
    name = read_name(source, form.items[0], f"a {what}")
    if name in _RESERVED:
        source.fail(form, f"a {what} cannot be called {name}: the word has a meaning in PDDL")
    return Signature(name, read_parameters(source, form.items[1:], types))


def _read_functions(source: Source, sections: Iterable[Group], types: TypeTree) -> dict[str, Signature]:
    """Functions, each perhaps with its type: ``(f ?x) - number``."""
    found = {IMPLICIT_COST: Signature(IMPLICIT_COST, ())}
    for section in sections:
        declared: list[Group] = []
        is_type = False
        for item in split_dashes(section.items[1:]):
            if is_type:
                _check_function_type(source, item)
                is_type = False
            elif isinstance(item, Word) and item.text == "-" and declared:
                is_type = True
            elif isinstance(item, Group):
                declared.append(item)
            else:
                source.fail(item, "a function in parentheses should stand here")
        if is_type:
            source.fail(section, "a '-' stands between functions and their type")
        ours = Group([*section.items[:1], *declared], section.start)
        found |= _read_signatures(source, [ours], types, "function")
    return found


def _check_function_type(source: Source, form: Form) -> None:
    if not isinstance(form, Word) or form.text != "number":
        source.unsupported(form, ":object-fluents (functions are of type number here)")


def _rule_head(source: Source, section: Group) -> Group:
    if len(section.items) != 3 or not isinstance(section.items[1], Group) or not section.items[1].head:
        source.fail(section, "a rule is (:derived (predicate ?x ...) condition)")
    return section.items[1]


def _read_rules(source: Source, sections: Sections, scope: Scope) -> tuple[Derived, ...]:
    if len(scope.derived) > MAX_DERIVED:
        source.unsupported(sections[":derived"][0], f"more than {MAX_DERIVED} derived predicates")
    rules = tuple([_read_rule(source, section, scope) for section in sections[":derived"]])
    if rules:
        looping = strata(rules)[1]
        if looping is not None:
            source.fail(sections[":derived"][0], f"the derived predicate {looping} depends on its own negation")
    return rules


def _read_rule(source: Source, section: Group, scope: Scope) -> Derived:
    head = _rule_head(source, section)
    signature = scope.predicates.get(head.head)
    if signature is None:
        source.fail(head, f"there is no predicate {head.head}")
    written = scope.read_parameters(Group(head.items[1:], head.start))
    if len(written) != len(signature.parameters):
        source.fail(head, f"{head.head} takes {len(signature.parameters)} arguments, not {len(written)}")
    parameters = tuple(
        [
            Parameter(own.name, declared.types if own.types == EVERY_OBJECT else own.types)
            for own, declared in zip(written, signature.parameters, strict=True)
        ]
    )
    for own, declared in zip(parameters, signature.parameters, strict=True):
        if not scope.types.fits(own.types, declared.types):
            source.fail(head, f"{own.name} is not of the type that {head.head} takes")
    return Derived(head.head, parameters, read_formula(section.items[2], scope.quantify(head, parameters)))


def _check_action_names(source: Source, sections: Sections) -> None:
    seen = set()
    for section in (*sections[":action"], *sections[":durative-action"]):
        name = section.items[1].text if len(section.items) > 1 and isinstance(section.items[1], Word) else ""
        if name in seen:
            source.fail(section, f"the action {name} is declared twice")
        seen.add(name)


def _read_action(section: Group, scope: Scope) -> Action:
    name, parts = _action_parts(section, scope, (":parameters", ":precondition", ":effect"))
    parameters = scope.read_parameters(parts.get(":parameters", Group([], section.start)))
    inner = scope.with_parameters(parameters)
    condition = read_formula(parts[":precondition"], inner) if ":precondition" in parts else NOTHING
    effect = read_effect(parts[":effect"], inner) if ":effect" in parts else NO_EFFECT
    return Action(name, parameters, condition, effect)


def _read_durative(section: Group, scope: Scope) -> DurativeAction:
    name, parts = _action_parts(section, scope, (":parameters", ":duration", ":condition", ":effect"))
    parameters = scope.read_parameters(parts.get(":parameters", Group([], section.start)))
    inner = scope.with_parameters(parameters).with_duration()
    if ":duration" not in parts:
        scope.source.fail(section, f"the durative action {name} has no :duration")
    empty = Group([], section.start)
    condition = read_timed_condition(parts.get(":condition", empty), inner)
    effect = read_timed_effect(parts.get(":effect", empty), inner)
    return DurativeAction(
        name,
        parameters,
        read_durations(parts[":duration"], inner),
        condition.start,
        condition.invariant,
        condition.end,
        effect.start,
        effect.end,
        effect.late,
    )


def _action_parts(section: Group, scope: Scope, keywords: tuple[str, ...]) -> tuple[str, dict[str, Form]]:
    if len(section.items) < 2:
        scope.source.fail(section, "this action has no name")
    name = read_name(scope.source, section.items[1], "an action")
    return name, read_pairs(scope.source, section.items[2:], keywords)
