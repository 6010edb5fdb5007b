"""One named constraint: a function that yields violations, called and read strictly.

An exception, a forgotten ``yield`` or anything that is no violation is an error, never an acceptance.
"""

from __future__ import annotations

import inspect
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from itertools import islice
from types import GeneratorType
from typing import Any, Final, Generic, TypeAlias, TypeVar, overload

from modulo.canonical import canonical_json
from modulo.critique import Violation
from modulo.errors import ModuloError, ProblemError

__all__ = ["Constraint", "ConstraintFailed", "FunctionConstraint", "ProblemClass", "Rule", "constraint"]

P = TypeVar("P")
C = TypeVar("C")

Rule: TypeAlias = Callable[[P, C], Iterator[Violation]]
"""A function of a problem and a candidate that yields violations; none means that the constraint holds."""

ProblemClass: TypeAlias = Callable[[Any], bool] | type
"""The problems that a constraint is about: a function that tells, or a type that they are of."""

MAX_VIOLATIONS: Final = 1000
"""A constraint that goes on and on is heard up to here; it is violated by then."""


class ConstraintFailed(ModuloError, RuntimeError):
    """A constraint crashed, or gave something that is no violation. It is never a verdict.

    Attributes:
        constraint: Name of the constraint.
        reason: What happened.
    """

    def __init__(self, constraint: str, reason: str) -> None:
        self.constraint, self.reason = constraint, reason
        super().__init__(f"constraint {constraint!r} could not be judged: {reason}")

    def __reduce__(self) -> tuple[type[ConstraintFailed], tuple[str, str]]:
        """Pickle by what it was made of."""
        return type(self), (self.constraint, self.reason)


class Constraint(ABC, Generic[P, C]):
    """Something that must hold of a candidate. Made by ``constraint`` and by what composes constraints.

    Attributes:
        name: Its name in certificates.
        says: What holds where it is not violated, in words.
    """

    def __init__(self, name: str, says: str | None = None) -> None:
        self.name = _checked_text("name", name)
        self.says = _checked_text("claim", says if says is not None else name.replace("_", " "))

    @property
    def definition(self) -> str:
        """The name, and for a composed constraint what it is made of; stands in certificates."""
        return self.name

    @abstractmethod
    def applies_to(self, problem: P) -> bool:
        """Whether it is about such problems at all.

        Raises:
            ConstraintFailed: It cannot tell.
        """

    @abstractmethod
    def violations(self, problem: P, candidate: C) -> tuple[Violation, ...]:
        """What violates it; nothing where it holds. Ask only where it applies.

        Raises:
            ConstraintFailed: It crashed, or gave something else.
        """

    @property
    def parts(self) -> tuple[Constraint[P, C], ...]:
        """What it is composed of; nothing for a plain one."""
        return ()

    def __repr__(self) -> str:
        return f"<constraint {self.definition}>"


class FunctionConstraint(Constraint[P, C]):
    """A constraint made of a function; see ``constraint`` for the arguments.

    Raises:
        TypeError: The function is none, or a coroutine.
    """

    def __init__(
        self, rule: Rule[P, C], *, name: str | None = None, says: str | None, applies_to: ProblemClass | None
    ) -> None:
        if not callable(rule) or isinstance(rule, (type, Constraint)):
            raise TypeError(f"@constraint makes a constraint of a function, not of {rule!r}")
        if inspect.iscoroutinefunction(rule) or inspect.isasyncgenfunction(rule):
            raise TypeError(f"{rule.__qualname__} is async; a constraint judges without waiting")
        if applies_to is not None and not callable(applies_to):
            raise TypeError(f"applies_to is a function or a type, not {applies_to!r}")
        super().__init__(_name_of(rule) if name is None else name, says)
        self.rule = rule
        self._applies_to = applies_to
        self.__doc__ = rule.__doc__

    def __call__(self, problem: P, candidate: C) -> Iterator[Violation]:
        """Call the function itself, as written."""
        return self.rule(problem, candidate)

    def applies_to(self, problem: P) -> bool:
        """Whether the declared problem class holds this problem; without one, it holds all."""
        if self._applies_to is None:
            return True
        if isinstance(self._applies_to, type):
            return isinstance(problem, self._applies_to)
        try:
            applies = self._applies_to(problem)
        except Exception as error:
            raise ConstraintFailed(self.name, f"applies_to raised {_in_words(error)}") from error
        if not isinstance(applies, bool):
            raise ConstraintFailed(
                self.name, f"applies_to returned a {type(applies).__name__}, not True or False"
            )
        return applies

    def violations(self, problem: P, candidate: C) -> tuple[Violation, ...]:
        """What the function yields."""
        try:
            return _read(self.name, self.rule(problem, candidate))
        except ConstraintFailed:
            raise
        except Exception as error:
            raise ConstraintFailed(self.name, f"it raised {_in_words(error)}") from error

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickle by name, as functions are, where the module holds this object under the function's name."""
        module, name = self.rule.__module__, getattr(self.rule, "__qualname__", "")
        if _look_up(module, name) is self:
            return _look_up, (module, name)
        return _remade, (self.rule, self.name, self.says, self._applies_to)


@overload
def constraint(name: Rule[P, C], /) -> FunctionConstraint[P, C]: ...
@overload
def constraint(
    name: str | None = None, *, says: str | None = None, applies_to: ProblemClass | None = None
) -> Callable[[Rule[P, C]], FunctionConstraint[P, C]]: ...
def constraint(
    name: str | Rule[Any, Any] | None = None,
    *,
    says: str | None = None,
    applies_to: ProblemClass | None = None,
) -> Any:
    """Make a constraint of a function ``(problem, candidate)`` that yields violations; none means that it holds.

    Written ``@constraint`` or ``@constraint(..)`` above the function. To be judged in a worker process, the function
    must stand at the top level of a module.

    Args:
        name: Its name in certificates; the function's if not given.
        says: What holds where it is not violated, in words; the name if not given.
        applies_to: The problems that it is about: a function that tells, or a type that they are of.

    Raises:
        TypeError: It is no function of a problem and a candidate, or async.
        ValueError: The name or claim is no text that can stand in a certificate.
    """
    if name is not None and not isinstance(name, str):
        return FunctionConstraint(name, says=says, applies_to=applies_to)

    def decorate(rule: Rule[P, C]) -> FunctionConstraint[P, C]:
        return FunctionConstraint(rule, name=name, says=says, applies_to=applies_to)

    return decorate


def _read(name: str, given: object) -> tuple[Violation, ...]:
    if isinstance(given, GeneratorType):
        found = _yielded(name, given)
    elif type(given) in (list, tuple):
        found = list(islice(given, MAX_VIOLATIONS))  # type: ignore[call-overload]
    else:
        forgot = "; did it forget to yield?" if given is None or isinstance(given, (bool, str)) else ""
        raise ConstraintFailed(name, f"it gave a {type(given).__name__} where violations belong{forgot}")
    for item in found:
        if type(item) is not Violation:
            raise ConstraintFailed(name, f"it gave a {type(item).__name__} where a Violation belongs")
    return tuple(found)


def _yielded(name: str, given: GeneratorType[Any, None, object]) -> list[Any]:
    """What a generator yields. What it returns would be lost, and with it perhaps a violation."""
    found: list[Any] = []
    while len(found) < MAX_VIOLATIONS:
        try:
            found.append(next(given))
        except StopIteration as end:
            if end.value is not None:
                raise ConstraintFailed(
                    name, f"it yields and also returns a {type(end.value).__name__}; it must yield all"
                ) from None
            return found
    given.close()
    return found


def _name_of(rule: Callable[..., Any]) -> str:
    name = getattr(rule, "__name__", "")
    if not isinstance(name, str) or not name.isidentifier():
        raise TypeError(f"{rule!r} has no name of its own; give one: constraint('within_budget')(..)")
    return name


def _checked_text(what: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"a constraint's {what} is a text that says something, not {text!r}")
    try:
        canonical_json(text)
    except ProblemError as error:
        raise ValueError(f"a constraint's {what} cannot stand in a certificate: {error}") from error
    return text


def _remade(
    rule: Rule[P, C], name: str, says: str, applies_to: ProblemClass | None
) -> FunctionConstraint[P, C]:
    return FunctionConstraint(rule, name=name, says=says, applies_to=applies_to)


def _look_up(module: str, name: str) -> Any:
    __import__(module)
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _in_words(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
