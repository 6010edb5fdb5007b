"""Constraints made of constraints.

A constraint that does not apply to a problem demands nothing there, and does not hold there either: it is left out
of ``all_of``, ``in_order``, ``any_of`` and ``at_most``, and an ``implies`` with it is left out as a whole. What is
composed applies where something is left.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from modulo.critics.constraints.constraint import Constraint
from modulo.critique import Violation

__all__ = ["all_of", "any_of", "at_most", "implies", "in_order"]

P = TypeVar("P")
C = TypeVar("C")

_MOST_SHOWN: Final = 5
"""A message about many constraints says what this many of them say."""


def all_of(
    *constraints: Constraint[P, C], name: str | None = None, says: str | None = None
) -> Constraint[P, C]:
    """All of them hold; every violation of each is reported.

    Args:
        *constraints: At least one.
        name: Its name in certificates; if not given, what it is made of.
        says: What holds where it is not violated, in words.

    Raises:
        TypeError: One is no constraint.
        ValueError: There are none.
    """
    return _AllOf(constraints, name=name, says=says)


def in_order(
    *constraints: Constraint[P, C], name: str | None = None, says: str | None = None
) -> Constraint[P, C]:
    """All of them hold; after one that is violated, the later ones are not judged.

    For constraints that only make sense where earlier ones hold, such as those about the parts of a candidate after
    one about its shape.

    Args:
        *constraints: At least one.
        name: Its name in certificates; if not given, what it is made of.
        says: What holds where it is not violated, in words.

    Raises:
        TypeError: One is no constraint.
        ValueError: There are none.
    """
    return _InOrder(constraints, name=name, says=says)


def any_of(
    *constraints: Constraint[P, C],
    name: str | None = None,
    says: str | None = None,
    message: str | None = None,
    location: str | None = None,
    hint: str | None = None,
) -> Constraint[P, C]:
    """At least one of them holds. All are judged, so that one that crashes is never covered by one that holds.

    Args:
        *constraints: At least one.
        name: Its name in certificates; if not given, what it is made of.
        says: What holds where it is not violated, in words.
        message: What to say where none holds; if not given, what each of them says.
        location: Where that is.
        hint: How to mend it; if not given, what each of them proposes.

    Raises:
        TypeError: One is no constraint.
        ValueError: There are none.
    """
    return _AnyOf(constraints, name=name, says=says, words=_Words(message, location, hint))


def implies(
    premise: Constraint[P, C],
    consequence: Constraint[P, C],
    *,
    name: str | None = None,
    says: str | None = None,
) -> Constraint[P, C]:
    """Where the premise holds, the consequence does. Where the premise is violated, nothing else is judged.

    Args:
        premise: What the consequence is needed for. Its violations are no faults.
        consequence: What must hold then.
        name: Its name in certificates; if not given, what it is made of.
        says: What holds where it is not violated, in words.

    Raises:
        TypeError: One is no constraint.
    """
    return _Implies((premise, consequence), name=name, says=says)


def at_most(
    count: int,
    *constraints: Constraint[P, C],
    name: str | None = None,
    says: str | None = None,
    message: str | None = None,
    location: str | None = None,
    hint: str | None = None,
) -> Constraint[P, C]:
    """At most so many of them hold. All are judged.

    Args:
        count: How many may hold, at least 0. With 0, none may: that is how to negate one.
        *constraints: At least one.
        name: Its name in certificates; if not given, what it is made of.
        says: What holds where it is not violated, in words.
        message: What to say where more hold; if not given, which ones do.
        location: Where that is.
        hint: How to mend it.

    Raises:
        TypeError: One is no constraint, or the count is no whole number.
        ValueError: There are none, or the count is negative.
    """
    if type(count) is not int:
        raise TypeError(f"at_most counts in whole numbers, not in {count!r}")
    if count < 0:
        raise ValueError(f"at_most {count} constraints can never hold; the count is at least 0")
    return _AtMost(count, constraints, name=name, says=says, words=_Words(message, location, hint))


class _Words(Struct, gc=False, frozen=True):
    """What the maker of a constraint wants said where it is violated."""

    message: str | None
    location: str | None
    hint: str | None

    def violation(self, code: str, message: str, hint: str | None = None) -> Violation:
        return Violation(
            code,
            message if self.message is None else self.message,
            location=self.location,
            hint=hint if self.hint is None else self.hint,
        )


class _Composed(Constraint[P, C]):
    """What all compositions share: parts, and a definition that shows them."""

    function: str

    def __init__(self, parts: Sequence[Constraint[P, C]], *, name: str | None, says: str | None) -> None:
        self._parts = tuple(parts)
        if not self._parts:
            raise ValueError(f"{self.function}() of no constraints says nothing")
        for part in self._parts:
            if not isinstance(part, Constraint):
                raise TypeError(f"{self.function} takes constraints, not {part!r}")
        self._is_named = name is not None
        super().__init__(
            self._made_of([part.name for part in self._parts]) if name is None else name,
            self._claim([_bracketed(part) for part in self._parts]) if says is None and name is None else says,
        )

    @property
    def parts(self) -> tuple[Constraint[P, C], ...]:
        return self._parts

    @property
    def definition(self) -> str:
        made_of = self._made_of([part.definition for part in self._parts])
        return f"{self.name} = {made_of}" if self._is_named else made_of

    def applies_to(self, problem: P) -> bool:
        return bool(self._applicable(problem))

    def _applicable(self, problem: P) -> list[Constraint[P, C]]:
        return [part for part in self._parts if part.applies_to(problem)]

    def _made_of(self, parts: Sequence[str]) -> str:
        return f"{self.function}({', '.join(parts)})"

    @abstractmethod
    def _claim(self, parts: Sequence[str]) -> str:
        """What holds where it is not violated, given what its parts say."""


class _AllOf(_Composed[P, C]):
    function = "all_of"

    def violations(self, problem: P, candidate: C) -> tuple[Violation, ...]:
        applicable = self._applicable(problem)
        return tuple([v for part in applicable for v in part.violations(problem, candidate)])

    def _claim(self, parts: Sequence[str]) -> str:
        return " and ".join(parts)


class _InOrder(_AllOf[P, C]):
    function = "in_order"

    def violations(self, problem: P, candidate: C) -> tuple[Violation, ...]:
        for part in self._applicable(problem):
            found = part.violations(problem, candidate)
            if found:
                return found
        return ()


class _AnyOf(_Composed[P, C]):
    function = "any_of"

    def __init__(
        self, parts: Sequence[Constraint[P, C]], *, name: str | None, says: str | None, words: _Words
    ) -> None:
        super().__init__(parts, name=name, says=says)
        self._words = words

    def violations(self, problem: P, candidate: C) -> tuple[Violation, ...]:
        judged = [(part, part.violations(problem, candidate)) for part in self._applicable(problem)]
        if not all(found for _, found in judged):
            return ()
        said = _shortened([f'"{part.says}" ({found[0].message})' for part, found in judged], "; ")
        hints = _shortened([v.hint for _, found in judged for v in found[:1] if v.hint is not None], " or ")
        return (
            self._words.violation("any_of", f"One of these must hold, and none does: {said}.", hints or None),
        )

    def _claim(self, parts: Sequence[str]) -> str:
        return " or ".join(parts)


class _Implies(_Composed[P, C]):
    function = "implies"

    def applies_to(self, problem: P) -> bool:
        return len(self._applicable(problem)) == len(self._parts)

    def violations(self, problem: P, candidate: C) -> tuple[Violation, ...]:
        premise, consequence = self._parts
        if premise.violations(problem, candidate):
            return ()
        found = consequence.violations(problem, candidate)
        return tuple([replace(v, message=f'Given "{premise.says}": {v.message}') for v in found])

    def _claim(self, parts: Sequence[str]) -> str:
        return f"if {parts[0]}, then {parts[1]}"


class _AtMost(_Composed[P, C]):
    function = "at_most"

    def __init__(
        self,
        count: int,
        parts: Sequence[Constraint[P, C]],
        *,
        name: str | None,
        says: str | None,
        words: _Words,
    ) -> None:
        self._count = count
        super().__init__(parts, name=name, says=says)
        self._words = words

    def violations(self, problem: P, candidate: C) -> tuple[Violation, ...]:
        holding = [p for p in self._applicable(problem) if not p.violations(problem, candidate)]
        if len(holding) <= self._count:
            return ()
        said = _shortened([f'"{part.says}"' for part in holding], ", ")
        most = f"At most {self._count}" if self._count else "None"
        message = f"{most} of {len(self._parts)} may hold, and {len(holding)} do: {said}."
        return (self._words.violation("at_most", message),)

    def _made_of(self, parts: Sequence[str]) -> str:
        return f"at_most({', '.join([str(self._count), *parts])})"

    def _claim(self, parts: Sequence[str]) -> str:
        if len(parts) == 1 and not self._count:
            return f"not: {parts[0]}"
        return f"at most {self._count} of: {', '.join(parts)}"


def _bracketed(part: Constraint[P, C]) -> str:
    return f"({part.says})" if part.parts else part.says


def _shortened(texts: Sequence[str], separator: str) -> str:
    shown = list(texts[:_MOST_SHOWN])
    if len(texts) > _MOST_SHOWN:
        shown.append(f"{len(texts) - _MOST_SHOWN} more")
    return separator.join(shown)
