"""Reads what a critic returned, strictly: nothing but a critique or violations is taken for a judgement.

A critic that returns None, True or an empty string most likely forgot something; an acceptance read into that
would be unsound.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from typing import Any, Final

from modulo.critique import Critique, Verdict, Violation

__all__ = ["call_critic", "read_async_judgement", "read_judgement"]

MAX_VIOLATIONS: Final = 1000
"""A critic that goes on and on is heard up to here; it has rejected by then."""


def call_critic(critic: Any, args: tuple[Any, ...]) -> Any:
    """Call a critic and read its judgement at the same place, since violations are yielded lazily.

    Returns:
        A critique; or, from a coroutine critic, what must be awaited for one.

    Raises:
        TypeError: It returned something else.
    """
    result = critic.critique(*args)
    return result if inspect.isawaitable(result) or inspect.isasyncgen(result) else read_judgement(result)


def read_judgement(result: object) -> Critique:
    """The critique that a critic returned, or that follows from the violations it gave.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(result, Critique):
        _check(result)
        return result
    if not isinstance(result, (list, tuple, Iterator)):
        raise TypeError(f"it returned a {type(result).__name__}, not a Critique and no violations")
    return _from_violations(itertools.islice(result, MAX_VIOLATIONS))


async def read_async_judgement(result: Any) -> Critique:
    """The same for a coroutine or an asynchronous generator.

    Raises:
        TypeError: It gives neither a critique nor violations.
    """
    if not inspect.isasyncgen(result):
        return read_judgement(await result)
    violations = []
    async with aclosing(result) as items:
        async for item in items:
            violations.append(item)
            if len(violations) == MAX_VIOLATIONS:
                break
    return _from_violations(violations)




def _from_violations(items: Iterable[object]) -> Critique:
    violations = []
    for item in items:
        if not isinstance(item, Violation):
            raise TypeError(f"it gave a {type(item).__name__} where a Violation belongs")
        violations.append(item)
    return Critique(Verdict.REJECT, tuple(violations)) if violations else Critique(Verdict.ACCEPT)


def _check(critique: Critique) -> None:
    """Frozen fields can be forced and subclasses can override; the parts must still be what they claim."""
    if type(critique) is not Critique or not isinstance(critique.verdict, Verdict):
        raise TypeError("it returned something that only looks like a Critique")
    if not all(isinstance(violation, Violation) for violation in critique.violations):
        raise TypeError("its critique holds something else than violations")
    critique.__post_init__()
