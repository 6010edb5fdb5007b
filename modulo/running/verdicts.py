"""Reads what a critic returned, strictly: nothing but a critique or violations is taken for a judgement.

A critic that returns None, True or an empty string most likely forgot something; an acceptance read into that
would be unsound.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator
from contextlib import aclosing
from itertools import islice
from types import GeneratorType
from typing import Any, Final

from modulo.critique import Critique, Verdict, Violation

__all__ = ["call_critic", "read_async_judgement", "read_judgement"]

MAX_VIOLATIONS: Final = 1000
"""A critic that goes on and on is heard up to here; it has rejected by then."""
_ACCEPT: Final = Critique(Verdict.ACCEPT)


def call_critic(critic: Any, args: tuple[Any, ...]) -> Any:
    """Call a critic and read its judgement at the same place, since violations are yielded lazily.

    Returns:
        A critique; or, from a coroutine critic, what must be awaited for one.

    Raises:
        TypeError: It returned something else.
    """
    result = critic.critique(*args)
    if type(result) is GeneratorType and not result.gi_code.co_flags & inspect.CO_ITERABLE_COROUTINE:
        return _from_generator(result)  # as most critics are written
    return result if inspect.isawaitable(result) or inspect.isasyncgen(result) else read_judgement(result)


def read_judgement(result: object) -> Critique:
    """The critique that a critic returned, or that follows from the violations it gave.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(result, GeneratorType):
        return _from_generator(result)
    if isinstance(result, Critique):
        _check(result)
        return result
    # A subclass that iterates in its own way may give less than it holds.
    if not isinstance(result, (list, tuple)) or type(result).__iter__ not in (list.__iter__, tuple.__iter__):
        kind = type(result).__name__
        raise TypeError(
            f"it returned a {kind}; a critic yields violations, none if it accepts, or returns a Critique"
        )
    return _from_violations(list(islice(result, MAX_VIOLATIONS)))


async def read_async_judgement(result: Any) -> Critique:
    """The same for a coroutine or an asynchronous generator.

    Raises:
        TypeError: It gives neither a critique nor violations.
    """
    if not inspect.isasyncgen(result):
        return read_judgement(await result)
    given: list[object] = []
    async with aclosing(result) as items:
        async for item in items:
            given.append(item)
            if len(given) == MAX_VIOLATIONS:
                break
    return _from_violations(given)


def _from_generator(result: Generator[object, None, object]) -> Critique:
    """What a generator yields. What it returns would be lost, and with it perhaps a rejection."""
    given: list[object] = []
    while len(given) < MAX_VIOLATIONS:
        try:
            given.append(next(result))
        except StopIteration as end:
            if end.value is not None:
                raise TypeError(
                    f"it yields and also returns a {type(end.value).__name__}; it must yield all violations"
                ) from None
            return _from_violations(given)
    result.close()
    return _from_violations(given)


def _from_violations(given: list[object]) -> Critique:
    if not given:
        return _ACCEPT
    return Critique(Verdict.REJECT, tuple([_checked(item) for item in given]))


def _check(critique: Critique) -> None:
    """Frozen fields can be forced and subclasses can override; the parts must still be what they claim."""
    if type(critique) is not Critique or not isinstance(critique.verdict, Verdict):
        raise TypeError("it returned something that only looks like a Critique")
    if type(critique.violations) is not tuple or not isinstance(critique.failed, bool):
        raise TypeError("it returned a Critique whose violations are no tuple, or whose failed is no bool")
    for violation in critique.violations:
        _checked(violation)
    critique.__post_init__()


def _checked(item: object) -> Violation:
    if not isinstance(item, Violation):
        raise TypeError(f"it gave a {type(item).__name__} where a Violation belongs")
    Violation.__post_init__(item)  # its own, because a subclass may have overridden it
    return item
