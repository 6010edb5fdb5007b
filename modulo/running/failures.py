"""What counts as a failure of the user's code that we call, and what ends a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

from modulo.errors import LimitReached, ModuloError, ProgramError

__all__ = ["is_failure", "part_of_program", "raise_of_program"]

P = ParamSpec("P")
R = TypeVar("R")


def is_failure(error: BaseException) -> bool:
    """Whether an exception says that the code we called failed.

    ``sys.exit`` in a critic is a crash of the critic. So is a ``CancelledError`` of asyncio that nobody asked
    for, as it comes out of futures that were cancelled elsewhere; a task group would swallow it. Ctrl-C and
    real cancellation are none.
    """
    if isinstance(error, asyncio.CancelledError):
        return not _is_being_cancelled()
    return isinstance(error, (Exception, SystemExit))


def part_of_program(part: str, name: str, function: Callable[P, R], /, *args: P.args, **named: P.kwargs) -> R:
    """What a part of the program gives without which there is no next call.

    Args:
        part: What it is, e.g. "the prompt of generator".
        name: Whose it is. Both are put together only if it fails, since most calls do not.
        function: Calls it.
        *args: Its arguments.
        **named: Its named arguments.

    Raises:
        ProgramError: It raised something that is no error of ours.
    """
    try:
        return function(*args, **named)
    except BaseException as error:  # noqa: BLE001  raised below
        raise_of_program(part, name, error)


def raise_of_program(part: str, name: str, error: BaseException) -> NoReturn:
    """Raise what ``part_of_program`` raises of an error, for calls of every round: going through it takes longer.

    Args:
        part: As there.
        name: As there.
        error: What the part of the program raised.

    Raises:
        BaseException: The error itself, if it is one of ours or none of the program's.
        ProgramError: In its place, if it is another one.
    """
    is_ours = isinstance(error, ModuloError) and not isinstance(error, LimitReached)
    if is_ours or not is_failure(error):
        raise error
    raise ProgramError(f"{part} {name!r}", error) from error


def _is_being_cancelled() -> bool:
    try:
        task = asyncio.current_task()
    except RuntimeError:  # not on asyncio, where that exception has no meaning
        return False
    return task is None or task.cancelling() > 0
