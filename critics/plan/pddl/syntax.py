"""What domains and problems are made of, as values: types, formulas, numeric expressions, effects, actions.

Terms are plain texts: variables with their question mark, or names of objects. All names are in lower case.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from msgspec import Struct

__all__ = [
    "EVERY_OBJECT",
    "NOTHING",
    "NO_EFFECT",
    "Action",
    "And",
    "Arithmetic",
    "Atom",
    "Compare",
    "Derived",
    "Domain",
    "DurationBound",
    "DurationOf",
    "DurativeAction",
    "Effect",
    "Effects",
    "Equals",
    "Exact",
    "Exists",
    "Expression",
    "Fluent",
    "ForEach",
    "Forall",
    "Formula",
    "Imply",
    "LateEffect",
    "Metric",
    "Not",
    "Number",
    "Or",
    "Parameter",
    "Problem",
    "SetFact",
    "Signature",
    "TimedFact",
    "TotalTime",
    "TypeDeclaration",
    "Update",
    "When",
    "size_of",
    "walk",
    "work_of",
]

Exact: TypeAlias = int | Fraction
"""An exact number."""
EVERY_OBJECT: Final = ("object",)
"""The type of what is given no type."""


def walk(node: object) -> Iterator[object]:
    """Every value in a value, itself included, in no particular order."""
    rest = [node]
    while rest:
        at = rest.pop()
        if isinstance(at, tuple):
            rest += at
        elif isinstance(at, Struct):
            yield at
            rest += [getattr(at, name) for name in at.__struct_fields__]


def size_of(node: object) -> int:
    """How many parts a formula or an effect has."""
    return sum(1 for _ in walk(node))


def work_of(node: object) -> int:
    """How many evaluations it counts for to work through a formula or an effect once."""
    return 1 + size_of(node) // 4


class _Value(Struct, frozen=True, gc=False):
    pass


class Parameter(_Value, frozen=True, gc=False):
    """A variable or an object with its type.

    Attributes:
        name: ``"?x"`` for variables.
        types: One type, or the types of an ``either``.
    """

    name: str
    types: tuple[str, ...] = EVERY_OBJECT


class TypeDeclaration(_Value, frozen=True, gc=False):
    """A type and the type that it belongs to, or the types of an ``either``."""

    name: str
    parents: tuple[str, ...] = EVERY_OBJECT


class Signature(_Value, frozen=True, gc=False):
    """A predicate or function with its parameters."""

    name: str
    parameters: tuple[Parameter, ...]


class Number(_Value, frozen=True, gc=False):
    """A number that stands in the text."""

    value: Exact


class Fluent(_Value, frozen=True, gc=False):
    """The value of a function."""

    function: str
    terms: tuple[str, ...]


class Arithmetic(_Value, frozen=True, gc=False):
    """A sum, difference, product or quotient; a difference of one part is its negative."""

    operator: Literal["+", "-", "*", "/"]
    parts: tuple[Expression, ...]


class DurationOf(_Value, frozen=True, gc=False):
    """``?duration``."""


class TotalTime(_Value, frozen=True, gc=False):
    """``total-time``, in metrics."""


Expression: TypeAlias = Number | Fluent | Arithmetic | DurationOf | TotalTime


class Atom(_Value, frozen=True, gc=False):
    """A predicate of some terms."""

    predicate: str
    terms: tuple[str, ...]


class Equals(_Value, frozen=True, gc=False):
    """Two terms are the same object."""

    left: str
    right: str


class Compare(_Value, frozen=True, gc=False):
    """A comparison of two numbers."""

    operator: Literal["<", "<=", "=", ">=", ">"]
    left: Expression
    right: Expression


class Not(_Value, frozen=True, gc=False):
    """A negation."""

    part: Formula


class And(_Value, frozen=True, gc=False):
    """A conjunction; without parts it is true."""

    parts: tuple[Formula, ...]


class Or(_Value, frozen=True, gc=False):
    """A disjunction; without parts it is false."""

    parts: tuple[Formula, ...]


class Imply(_Value, frozen=True, gc=False):
    """An implication."""

    condition: Formula
    consequence: Formula


class Exists(_Value, frozen=True, gc=False):
    """An existential quantifier."""

    parameters: tuple[Parameter, ...]
    body: Formula


class Forall(_Value, frozen=True, gc=False):
    """A universal quantifier."""

    parameters: tuple[Parameter, ...]
    body: Formula


Formula: TypeAlias = Atom | Equals | Compare | Not | And | Or | Imply | Exists | Forall


class SetFact(_Value, frozen=True, gc=False):
    """An atom becomes true or false."""

    atom: Atom
    holds: bool


class Update(_Value, frozen=True, gc=False):
    """A numeric effect."""

    operator: Literal["assign", "increase", "decrease", "scale-up", "scale-down"]
    fluent: Fluent
    value: Expression


class Effects(_Value, frozen=True, gc=False):
    """Several effects at once."""

    parts: tuple[Effect, ...]


class When(_Value, frozen=True, gc=False):
    """A conditional effect."""

    condition: Formula
    effect: Effect


class ForEach(_Value, frozen=True, gc=False):
    """An effect for each object of a type."""

    parameters: tuple[Parameter, ...]
    effect: Effect


Effect: TypeAlias = SetFact | Update | Effects | When | ForEach
NOTHING: Final = And(())
"""The condition that always holds."""
NO_EFFECT: Final = Effects(())
"""The effect that changes nothing."""


class Action(_Value, frozen=True, gc=False):
    """An instantaneous action."""

    name: str
    parameters: tuple[Parameter, ...]
    condition: Formula
    effect: Effect


class DurationBound(_Value, frozen=True, gc=False):
    """A constraint on ``?duration``, evaluated when the action starts or ends."""

    operator: Literal["<=", "=", ">="]
    value: Expression
    at_end: bool = False


class LateEffect(_Value, frozen=True, gc=False):
    """An effect at the end of an action, on a condition part of which is looked at when it starts."""

    parameters: tuple[Parameter, ...]
    start_condition: Formula
    end_condition: Formula
    effect: Effect


class DurativeAction(_Value, frozen=True, gc=False):
    """An action that takes time."""

    name: str
    parameters: tuple[Parameter, ...]
    durations: tuple[DurationBound, ...]
    start_condition: Formula
    invariant: Formula
    end_condition: Formula
    start_effect: Effect
    end_effect: Effect
    late_effects: tuple[LateEffect, ...] = ()


class Derived(_Value, frozen=True, gc=False):
    """A rule of a derived predicate."""

    predicate: str
    parameters: tuple[Parameter, ...]
    body: Formula


class Domain(_Value, frozen=True, gc=False, kw_only=True):
    """A PDDL domain."""

    name: str
    requirements: tuple[str, ...] = ()
    types: tuple[TypeDeclaration, ...] = ()
    constants: tuple[Parameter, ...] = ()
    predicates: tuple[Signature, ...] = ()
    functions: tuple[Signature, ...] = ()
    derived: tuple[Derived, ...] = ()
    actions: tuple[Action, ...] = ()
    durative_actions: tuple[DurativeAction, ...] = ()


class TimedFact(_Value, frozen=True, gc=False):
    """A timed initial literal."""

    time: Exact
    atom: Atom
    holds: bool


class Metric(_Value, frozen=True, gc=False):
    """What plans are measured by."""

    direction: Literal["minimize", "maximize"]
    value: Expression


class Problem(_Value, frozen=True, gc=False, kw_only=True):
    """A PDDL problem.

    Attributes:
        name: Its name.
        domain: The domain that it says it belongs to.
        requirements: As in domains.
        objects: Its objects, without the domain's constants.
        facts: What holds at first; nothing else does.
        values: First values of functions.
        timed_facts: What becomes true or false later on, whatever the plan does.
        goal: What must hold in the end.
        metric: What plans are measured by, if anything.
    """

    name: str
    domain: str
    requirements: tuple[str, ...] = ()
    objects: tuple[Parameter, ...] = ()
    facts: tuple[Atom, ...] = ()
    values: tuple[tuple[Fluent, Exact], ...] = ()
    timed_facts: tuple[TimedFact, ...] = ()
    goal: Formula
    metric: Metric | None = None
