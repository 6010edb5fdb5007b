"""Reads problems, strictly, against their domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from modulo.critics.plan.pddl.forms import Form, Group, Source, Word, is_number
from modulo.critics.plan.pddl.reading_domain import domain_scope
from modulo.critics.plan.pddl.reading_formulas import read_atom, read_expression, read_fluent, read_formula
from modulo.critics.plan.pddl.scope import Scope
from modulo.critics.plan.pddl.sections import Sections, read_definition, read_requirements
from modulo.critics.plan.pddl.syntax import (
    Atom,
    Domain,
    Exact,
    Fluent,
    Formula,
    Metric,
    Parameter,
    Problem,
    TimedFact,
)
from modulo.critics.plan.pddl.typed_lists import read_name, read_number, read_typed_list

__all__ = ["read_problem"]

_ONCE: Final = (":domain", ":requirements", ":objects", ":init", ":goal", ":metric", ":length")


def read_problem(text: str, domain: Domain) -> Problem:
    """Read a PDDL problem of a domain.

    Raises:
        PddlError: The text is none, or cannot be judged; the message gives line and column.
    """
    source = Source("problem", text)
    name, sections = read_definition(source, "problem", once=_ONCE, many=())
    scope = domain_scope(domain, source)
    objects = _read_objects(source, sections, scope)
    known = {**scope.objects, **{item.name: item.types for item in objects}}
    scope = replace(scope, objects=known)
    start = _Start(scope)
    for form in _section(source, sections, ":init").items[1:]:
        start.read(form)
    return Problem(
        name=name,
        domain=_read_domain_name(source, sections),
        requirements=read_requirements(source, sections),
        objects=objects,
        facts=tuple(start.facts),
        values=tuple(start.values.items()),
        timed_facts=tuple(start.timed),
        goal=_read_goal(source, sections, scope),
        metric=_read_metric(source, sections, scope),
    )


def _section(source: Source, sections: Sections, keyword: str) -> Group:
    if not sections[keyword]:
        source.fail(0, f"the problem has no ({keyword} ...)")
    return sections[keyword][0]


def _read_domain_name(source: Source, sections: Sections) -> str:
    section = _section(source, sections, ":domain")
    if len(section.items) != 2:
        source.fail(section, "the problem's domain is (:domain NAME)")
    return read_name(source, section.items[1], "the domain")


def _read_objects(source: Source, sections: Sections, scope: Scope) -> tuple[Parameter, ...]:
    found: dict[str, Parameter] = {}
    for section in sections[":objects"]:
        for word, types in read_typed_list(source, section.items[1:], scope.types):
            name = read_name(source, word, "an object")
            if name in found or name in scope.objects:
                source.fail(word, f"the object {name} is declared twice")
            found[name] = Parameter(name, types)
    return tuple(found.values())


class _Start:
    """The state at the beginning, as the forms of ``:init`` give it."""

    def __init__(self, scope: Scope) -> None:
        self.facts: dict[Atom, None] = {}
        self.values: dict[Fluent, Exact] = {}
        self.timed: list[TimedFact] = []
        self._false: set[Atom] = set()
        self._changes: dict[tuple[Exact, Atom], bool] = {}
        self._scope = scope
        self._source = scope.source

    def read(self, form: Form) -> None:
        """Take in one form.

        Raises:
            PddlError: It is none that can stand in ``:init``, or contradicts another.
        """
        if not isinstance(form, Group) or not form.head:
            self._source.fail(form, "a fact in parentheses should stand here")
        if form.head == "=":
            self._read_value(form)
        elif (
            form.head == "at" and len(form.items) == 3 and _is_time(form.items[1]) and _is_group(form.items[2])
        ):
            time = read_number(self._source, form.items[1])
            if time < 0:
                self._source.fail(form.items[1], "a time before the beginning")
            atom, holds = self._literal(form.items[2])
            if self._changes.setdefault((time, atom), holds) is not holds:
                self._source.fail(form, f"{atom.predicate} becomes both true and false at the same time")
            self.timed.append(TimedFact(time, atom, holds))
        else:
            self._read_fact(form)

    def _read_fact(self, form: Group) -> None:
        atom, holds = self._literal(form)
        if holds:
            self.facts[atom] = None
        else:
            self._false.add(atom)
        if atom in self.facts and atom in self._false:
            self._source.fail(form, f"{atom.predicate} is both true and false at the beginning")

    def _literal(self, form: Form) -> tuple[Atom, bool]:
        holds = not (isinstance(form, Group) and form.head == "not")
        if isinstance(form, Group) and not holds:
            if len(form.items) != 2:
                self._source.fail(form, f"'not' takes 1 operand, not {len(form.items) - 1}")
            form = form.items[1]
        if isinstance(form, Group) and form.head == "=":
            self._source.unsupported(form, "a function that changes at a given time")
        atom = read_atom(form, self._scope)
        if atom.predicate in self._scope.derived:
            self._source.fail(form, f"{atom.predicate} is derived, so it cannot be given")
        return atom, holds

    def _read_value(self, form: Group) -> None:
        if len(form.items) != 3:
            self._source.fail(form, "the value of a function is (= (function ...) number)")
        if isinstance(form.items[2], Word) and form.items[2].text in self._scope.objects:
            self._source.unsupported(form, ":object-fluents")
        fluent = read_fluent(form.items[1], self._scope)
        value = read_number(self._source, form.items[2])
        if self.values.setdefault(fluent, value) != value:
            self._source.fail(form, f"{fluent.function} is given two values")


def _is_time(form: Form) -> bool:
    return isinstance(form, Word) and is_number(form.text)


def _is_group(form: Form) -> bool:
    return isinstance(form, Group)


def _read_goal(source: Source, sections: Sections, scope: Scope) -> Formula:
    section = _section(source, sections, ":goal")
    if len(section.items) != 2:
        source.fail(section, "the goal is (:goal condition)")
    return read_formula(section.items[1], scope)


def _read_metric(source: Source, sections: Sections, scope: Scope) -> Metric | None:
    if not sections[":metric"]:
        return None
    section = sections[":metric"][0]
    directions: Sequence[str] = ("minimize", "maximize")
    if len(section.items) != 3 or not isinstance(section.items[1], Word):
        source.fail(section, "the metric is (:metric minimize expression), or maximize")
    if section.items[1].text not in directions:
        source.fail(section.items[1], "a metric is minimized or maximized")
    value = read_expression(section.items[2], replace(scope, has_total_time=True))
    return Metric(section.items[1].text, value)  # type: ignore[arg-type]
