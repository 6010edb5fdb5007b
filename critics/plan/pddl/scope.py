"""What can be named at a place in a PDDL text: types, objects, predicates, functions and variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from modulo.critics.plan.pddl.forms import Form, Group, Source, Word
from modulo.critics.plan.pddl.syntax import Parameter, Signature
from modulo.critics.plan.pddl.type_tree import TypeTree
from modulo.critics.plan.pddl.typed_lists import read_parameters

__all__ = ["MAX_QUANTIFIED", "Scope"]

MAX_QUANTIFIED: Final = 100
"""Most quantified variables around a place; the search for objects is recursive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Names and what they stand for.

    Attributes:
        source: The text that is read.
        types: The types.
        objects: Objects or, in domains, constants, with their types.
        predicates: Predicates by name.
        functions: Functions by name.
        derived: Names of derived predicates.
        variables: Variables that are bound here, with their types.
        quantified: How many of them are bound by quantifiers.
        has_duration: Whether ``?duration`` means something here.
        has_total_time: Whether ``total-time`` means something here.
    """

    source: Source
    types: TypeTree
    objects: Mapping[str, tuple[str, ...]]
    predicates: Mapping[str, Signature]
    functions: Mapping[str, Signature]
    derived: frozenset[str] = frozenset()
    variables: Mapping[str, tuple[str, ...]]
    quantified: int = 0
    has_duration: bool = False
    has_total_time: bool = False

    def with_parameters(self, parameters: Sequence[Parameter]) -> Scope:
        """This scope with more variables bound."""
        bound = {parameter.name: parameter.types for parameter in parameters}
        return replace(self, variables={**self.variables, **bound})

    def quantify(self, form: Form, parameters: Sequence[Parameter]) -> Scope:
        """This scope within a quantifier.

        Raises:
            UnsupportedPddlError: There are more quantified variables than can be judged.
        """
        quantified = self.quantified + len(parameters)
        if quantified > MAX_QUANTIFIED:
            self.source.unsupported(form, f"more than {MAX_QUANTIFIED} quantified variables at a place")
        return replace(self.with_parameters(parameters), quantified=quantified)

    def with_duration(self) -> Scope:
        """This scope with ``?duration`` bound."""
        return replace(self, has_duration=True)

    def read_parameters(self, form: Form) -> tuple[Parameter, ...]:
        """A parenthesised list of variables that are bound from here on.

        Raises:
            PddlError: It is none, or names one twice.
        """
        if not isinstance(form, Group):
            self.source.fail(form, "a list of variables in parentheses should stand here")
        parameters = read_parameters(self.source, form.items, self.types)
        names = [parameter.name for parameter in parameters]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            self.source.fail(form, f"the variable {twice} is bound twice")
        return parameters

    def read_terms(self, items: Sequence[Form], signature: Signature, at: Form) -> tuple[str, ...]:
        """The terms of an atom or fluent, checked against its parameters.

        Raises:
            PddlError: Their number or types do not fit, or something is unknown.
        """
        if len(items) != len(signature.parameters):
            wanted, given = len(signature.parameters), len(items)
            self.source.fail(at, f"{signature.name} takes {wanted} arguments, not {given}")
        return tuple(
            [
                self._read_fitting(item, parameter, signature.name)
                for item, parameter in zip(items, signature.parameters, strict=True)
            ]
        )

    def read_term(self, form: Form) -> tuple[str, tuple[str, ...]]:
        """A variable or object and its types.

        Raises:
            PddlError: It is unknown.
        """
        if not isinstance(form, Word):
            self.source.fail(form, "a variable or an object should stand here")
        types = (self.variables if form.text[0] == "?" else self.objects).get(form.text)
        if types is None:
            kind = "variable" if form.text[0] == "?" else "object"
            self.source.fail(form, f"there is no {kind} {form.text[:80]} here")
        return form.text, types

    def _read_fitting(self, form: Form, parameter: Parameter, owner: str) -> str:
        term, types = self.read_term(form)
        if not self.types.fits(types, parameter.types):
            given, wanted = " or ".join(types), " or ".join(parameter.types)
            self.source.fail(form, f"{term} is of type {given}, but {owner} takes {wanted} here")
        return term
