"""Reads what a critic returned, strictly: nothing but a critique or violations is taken for a judgement.

A critic that returns None, True or an empty string most likely forgot something; an acceptance read into that
would be unsound.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Generator, Iterable, Iterator
from contextlib import aclosing, closing
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
    if inspect.isgenerator(result):
        return _from_violations(_yielded(result))
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


def _yielded(result: Generator[object, None, object]) -> Iterator[object]:
    """What a generator yields. What it returns would be lost, and with it perhaps a rejection."""
    with closing(result):
        for _ in range(MAX_VIOLATIONS):
            try:
                yield next(result)
            except StopIteration as end:
                if end.value is not None:
                    raise TypeError(
                        f"it yields and also returns a {type(end.value).__name__}; it must yield all violations"
                    ) from None
                return


def _from_violations(items: Iterable[object]) -> Critique:
    violations = []
    for item in items:
        _check_violation(item)
        violations.append(item)
    return Critique(Verdict.REJECT, tuple(violations)) if violations else Critique(Verdict.ACCEPT)


def _check(critique: Critique) -> None:
    """Frozen fields can be forced and subclasses can override; the parts must still be what they claim."""
    if type(critique) is not Critique or not isinstance(critique.verdict, Verdict):
        raise TypeError("it returned something that only looks like a Critique")
    if not isinstance(critique.violations, tuple) or not isinstance(critique.failed, bool):
        raise TypeError("it returned a Critique whose violations are no tuple, or whose failed is no bool")
    for violation in critique.violations:
        _check_violation(violation)
    _check_texts(critique, "reason", "proves", what="Critique")
    critique.__post_init__()


def _check_violation(item: object) -> None:
    if not isinstance(item, Violation):
        raise TypeError(f"it gave a {type(item).__name__} where a Violation belongs")
    if not isinstance(item.code, str) or not isinstance(item.message, str):
        raise TypeError("it gave a Violation whose code or message is no text")
    _check_texts(item, "location", "expected", "actual", "hint", what=f"Violation {item.code!r}")


def _check_texts(thing: object, *names: str, what: str) -> None:
    for name in names:
        value = getattr(thing, name)
        if value is not None and not isinstance(value, str):
            raise TypeError(f"it gave a {what} whose {name} is a {type(value).__name__}, not text")
