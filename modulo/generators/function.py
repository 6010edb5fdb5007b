"""Plain functions as generators."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import anyio.to_thread

from modulo.asynchrony import is_async
from modulo.canonical import JsonValue
from modulo.protocols import Generation, Generator, Request

__all__ = ["FunctionGenerator", "as_generator"]

Answer: TypeAlias = "str | Generation | Awaitable[str | Generation]"


class FunctionGenerator(Generator):
    """A function of a ``Request`` that returns text, or a whole ``Generation``; plain or async.

    A plain function runs on a worker thread, since nothing says that it is quick.
    """

    def __init__(self, function: Callable[[Request], Answer]) -> None:
        self._function = function
        self._is_async = is_async(function)

    async def generate(self, request: Request) -> Generation:
        """Call the function once."""
        if self._is_async:
            answer = self._function(request)
        else:
            (answer,) = await anyio.to_thread.run_sync(self._wrapped, request, abandon_on_cancel=True)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, Generation):
            return answer
        if isinstance(answer, str):
            return Generation(text=answer, model=self._name)
        raise TypeError(f"{self._name} returned a {type(answer).__name__}; a generator returns text")

    def describe(self) -> Mapping[str, JsonValue]:
        """The function's name."""
        return {"generator": "function", "function": self._name}

    def _wrapped(self, request: Request) -> tuple[Answer]:
        # Trio refuses a coroutine as the bare result of a thread.
        return (self._function(request),)

    @property
    def _name(self) -> str:
        return getattr(self._function, "__qualname__", type(self._function).__qualname__)


def as_generator(thing: object) -> Generator | None:
    """The thing as a generator: itself, a function wrapped up, or None if it is neither."""
    if isinstance(thing, Generator):
        return thing
    if callable(thing) and not isinstance(thing, type):
        return FunctionGenerator(thing)
    return None
