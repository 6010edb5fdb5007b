"""Tools: functions that models may call to gather evidence before they answer."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anyio.to_thread

from modulo.asynchrony import is_async
from modulo.canonical import JsonValue, canonical_json, parse_json
from modulo.clock import Clock
from modulo.errors import ConfigurationError
from modulo.generators.answer_schema import AnswerSchema
from modulo.numeric import is_number, is_whole_number
from modulo.running.failures import is_failure
from modulo.toolbox import ToolSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Tool"]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_LONGEST_ARGUMENTS: Final = 100_000
_LONGEST_SENTENCE: Final = 300
_MOST_THREADS: Final = 4
"""Calls of a plain function that may be at work, or hang, at once."""


class Tool:
    """A function that a model may call.

    Whatever goes wrong in a call is told to the model in a sentence: arguments that do not fit, an exception, a
    deadline. An async function is ended at its deadline. A plain one runs on a thread, which cannot be ended: it is
    left alone then, and while several of its calls hang, it is not called any more.

    What a tool says is evidence for the model and nothing else; critics judge the answer as any other.

    Args:
        function: Called with the problem and the arguments by name; what it returns is shown as JSON, text as it is.
        name: Its name, as models see it; by default, the function's.
        description: What it does, for the model to read; by default, the function's docstring.
        parameters: A pydantic model class or JSON schema of its arguments. Others than it names are refused.
        max_seconds: Deadline of one call.
        max_characters: Longest result; what is longer is cut off.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        parameters: type[BaseModel] | Mapping[str, JsonValue],
        name: str | None = None,
        description: str | None = None,
        max_seconds: float = 10.0,
        max_characters: int = 4000,
    ) -> None:
        if not callable(function):
            raise ConfigurationError(f"Tool calls a function, not {function!r}")
        self.name = getattr(function, "__name__", "") if name is None else name
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise ConfigurationError(f"Tool: a name is a word of up to 64 letters, not {self.name!r}")
        self.description = (inspect.getdoc(function) or "") if description is None else description
        if not isinstance(self.description, str) or not self.description.strip():
            raise ConfigurationError(f"Tool {self.name!r} needs a description, for models to read")
        if not is_number(max_seconds) or max_seconds <= 0:
            raise ConfigurationError(
                f"Tool {self.name!r}: max_seconds is a number above 0, not {max_seconds!r}"
            )
        if not is_whole_number(max_characters) or max_characters < 1:
            raise ConfigurationError(f"Tool {self.name!r}: max_characters is a whole number from 1 on")
        self.max_seconds = max_seconds
        self.max_characters = max_characters
        self._schema = _schema_of(self.name, parameters)
        self._function = function
        self._threads: set[object] = set()

    def spec(self) -> ToolSpec:
        """What models are told of it."""
        return ToolSpec(name=self.name, description=self.description, parameters=self._schema.json_schema)

    async def call(self, problem: Any, arguments: str, clock: Clock) -> str:
        """What it says of arguments as a model wrote them; what goes wrong is said, not raised."""
        arguments = arguments.strip() or "{}"  # what some providers send where there are none
        fault = self._fault(arguments)
        if fault is not None:
            return _sentence(f"error: the arguments do not fit: {fault}")
        named: Any = parse_json(arguments)
        try:
            with clock.move_on_after(self.max_seconds) as deadline:
                text = await self._answer(problem, named)
        except BaseException as error:  # a user's function may raise anything
            if not is_failure(error):
                raise
            return _sentence(f"error: {_in_words(error)}")
        if deadline.cancel_called:
            return f"error: {self.name} gave no answer within {self.max_seconds:g} s"
        # Half a surrogate pair cannot be sent.
        text = text.encode("utf-8", "replace").decode()
        if len(text) > self.max_characters:
            return f"{text[: self.max_characters]}... ({len(text):,} characters, cut off)"
        return text

    def _fault(self, arguments: str) -> str | None:
        if len(arguments) > _LONGEST_ARGUMENTS:
            return f"they have more than {_LONGEST_ARGUMENTS:,} characters"
        return self._schema.fault(arguments)

    async def _answer(self, problem: Any, arguments: Mapping[str, Any]) -> str:
        if is_async(self._function):
            return _shown(await self._function(problem, **arguments))
        if len(self._threads) >= _MOST_THREADS:
            raise RuntimeError(f"{self.name} still works on {len(self._threads)} calls before")
        thread = _Thread()
        self._threads.add(thread)
        try:
            call = partial(self._in_thread, thread, problem, arguments)
            (answer,) = await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
        except BaseException:
            if not thread.has_begun:  # it was cancelled before a thread was free
                self._threads.discard(thread)
            raise
        return _shown(await answer) if inspect.isawaitable(answer) else answer

    def _in_thread(self, thread: _Thread, problem: Any, arguments: Mapping[str, Any]) -> tuple[Any]:
        thread.has_begun = True
        # Trio refuses a coroutine as the bare result of a thread.
        try:
            answer = self._function(problem, **arguments)
            return (answer if inspect.isawaitable(answer) else _shown(answer),)  # large ones take their time
        finally:
            self._threads.discard(thread)


class _Thread:
    """A call of a plain function, waiting for its thread or at work on it."""

    has_begun = False


def _schema_of(name: str, parameters: Any) -> AnswerSchema:
    if isinstance(parameters, Mapping):
        parameters = {"type": "object", "additionalProperties": False, **parameters}
    schema = AnswerSchema(parameters)
    if schema.json_schema.get("type") != "object":
        raise ConfigurationError(f"Tool {name!r}: parameters are those of an object, by name")
    return schema


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    from pydantic_core import to_jsonable_python

    return canonical_json(to_jsonable_python(value)).decode()


def _in_words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  what it says of itself is the user's code too
        return type(error).__name__


def _sentence(text: str) -> str:
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    # What is wrong may stand at the end, behind the value that it is wrong with.
    part = _LONGEST_SENTENCE // 2
    return line if len(line) <= _LONGEST_SENTENCE else f"{line[:part]} ... {line[-part:]}"
