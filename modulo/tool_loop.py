"""A generator that lets a model consult tools before it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.clock import Clock, SystemClock
from modulo.errors import (
    Billing,
    ConfigurationError,
    ContextOverflow,
    GenerationError,
    LimitReached,
    NoBudgetLeft,
)
from modulo.generators.around import Around
from modulo.generators.function import as_generator
from modulo.numeric import is_whole_number
from modulo.protocols import Finish, Generation, Generator, Request
from modulo.running.charging import charged_answer
from modulo.running.place import active_place
from modulo.running.retrying import Retries
from modulo.tool import Tool
from modulo.toolbox import Consultation, Toolbox
from modulo.written_calls import written_call

if TYPE_CHECKING:
    from modulo.domain import Domain

__all__ = ["ToolLoop", "with_tools_of"]

_TOO_LATE: Final = "error: not called, since no further calls are allowed; answer now"


class ToolLoop(Around):
    """Lets a model call tools, as often as is allowed, and gives the answer that it comes to.

    It is one generator like any other, so it goes with every strategy. Each call of the model is reserved and paid by
    itself, on the run's account: the first as the attempt's own, those that follow as nested bills. What the tools
    said stands in the trace, in the answer's ``extra``; a replay calls neither the model nor a tool.

    Tools are evidence for the model only: the answer is judged as any other.

    Source: Yao et al., "ReAct: Synergizing Reasoning and Acting in Language Models" (2023), arXiv 2210.03629.

    Args:
        model: A model that takes tools, such as ``LLM``. A text that is nothing but ``{"name": .., "arguments": ..}``
            of a tool, as small models write it, is a call too. Others answer without calling any. A schema of its
            answers does not go with tools, and is left out.
        tools: The tools, each by another name.
        max_calls: Most calls of tools for one answer. Then the model is told to answer.
        retries: How the calls of the model after the first are tried again, where they fail in transport.

    Raises:
        ConfigurationError: There are no tools, two have the same name, or a setting makes no sense.
    """

    def __init__(
        self, model: Any, tools: Sequence[Tool], *, max_calls: int = 8, retries: Retries | None = None
    ) -> None:
        generator = as_generator(model)
        if generator is None:
            raise ConfigurationError(f"ToolLoop asks a generator or a function, not {model!r}")
        super().__init__(generator)
        self._tools = {tool.name: tool for tool in tools if isinstance(tool, Tool)}
        if not self._tools or len(self._tools) != len(tools):
            raise ConfigurationError("ToolLoop takes one Tool or more, each by another name")
        if not is_whole_number(max_calls) or max_calls < 1:
            raise ConfigurationError(f"ToolLoop: max_calls is a whole number from 1 on, not {max_calls!r}")
        self._max_calls = max_calls
        self._retries = retries or Retries()
        self._specs = tuple(tool.spec() for tool in self._tools.values())

    async def generate(self, request: Request) -> Generation:
        """The answer that the model comes to.

        Raises:
            GenerationError: A call of the model failed, or the budget has no room for a further one.
        """
        answered = self._read(await self._generator.generate(self._with_tools(request, ())))
        bill, consulted = answered.usage, list[Consultation]()
        while answered.finish is Finish.TOOL_CALLS and answered.tool_calls and self._calls_left(consulted) > 0:
            consulted.append(await self._consult(request, answered, self._calls_left(consulted)))
            answered = self._read(await self._next(self._with_tools(request, consulted), bill))
        if answered.finish is Finish.TOOL_CALLS:
            reason = "It ended with a call of a tool that it did not make."
            if answered.tool_calls:
                reason = f"It called tools after the {self._max_calls} calls that were allowed."
            answered = replace(answered, finish=Finish.MALFORMED, detail=reason)
        said = {"consulted": _told(consulted)} if consulted else {}
        return replace(answered, usage=bill, tool_calls=(), extra={**answered.extra, **said})

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        """One answer: each consults the tools by itself.

        Raises:
            GenerationError: As ``generate``.
        """
        return (await self.generate(request),)

    def samples_per_call(self, request: Request) -> int:
        """1."""
        return 1

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """That of the first call of the model; those that follow are reserved when they come."""
        return self._generator.worst_case(self._with_tools(request, ()))

    @property
    def takes_prefill(self) -> bool:
        """No: an answer that has begun has no room for calls of tools."""
        return False

    def describe(self) -> Mapping[str, JsonValue]:
        """The model's settings, and the tools."""
        return {
            "generator": type(self).__qualname__,
            "model": dict(self._generator.describe()),
            "tools": [{"name": spec.name, "parameters": dict(spec.parameters)} for spec in self._specs],
            "max_calls": self._max_calls,
        }

    def _read(self, answered: Generation) -> Generation:
        """The generation, as a call of a tool if its text is nothing but that."""
        call = written_call(answered.text, self._tools) if answered.finish is Finish.STOP else None
        if call is None:
            return answered
        return replace(answered, text="", finish=Finish.TOOL_CALLS, tool_calls=(call,))

    def _calls_left(self, consulted: Sequence[Consultation]) -> int:
        return self._max_calls - sum(len(each.calls) for each in consulted)

    def _with_tools(self, request: Request, consulted: Sequence[Consultation]) -> Request:
        is_closed = self._calls_left(consulted) <= 0
        toolbox = Toolbox(tools=self._specs, consultations=tuple(consulted), is_closed=is_closed)
        return replace(request, toolbox=toolbox)

    async def _consult(self, request: Request, answered: Generation, left: int) -> Consultation:
        """What the tools say, one after the other, of the calls of one turn."""
        place, calls = active_place(), answered.tool_calls
        clock = SystemClock() if place is None else place.ledger.clock
        results = [
            await self._result(request, call.tool, call.arguments, clock) if i < left else _TOO_LATE
            for i, call in enumerate(calls)
        ]
        return Consultation(text=answered.text, calls=calls, results=tuple(results))

    async def _result(self, request: Request, name: str, arguments: str, clock: Clock) -> str:
        tool = self._tools.get(name)
        if tool is None:
            return f"error: there is no tool of that name; there are {', '.join(self._tools)}"
        return await tool.call(request.problem.own_value(), arguments, clock)

    async def _next(self, request: Request, bill: Usage | None) -> Generation:
        """The model's next turn, paid by itself.

        Raises:
            GenerationError: There is none. It carries the bill of the first turn, which must be paid all the same.
        """
        try:
            return await charged_answer(self._generator, request, retries=self._retries)
        except (GenerationError, LimitReached) as error:
            told = f"after it consulted tools: {error}"
            billing = Billing.UNKNOWN if bill is None else Billing.NONE
            if isinstance(error, LimitReached):
                raise NoBudgetLeft(told, resource=error.resource, billing=billing, bill=bill) from error
            kind = ContextOverflow if isinstance(error, ContextOverflow) else GenerationError
            raise kind(told, billing=billing, bill=bill) from error


def with_tools_of(domain: Domain[Any], generator: Generator) -> ToolLoop:
    """The generator, as one that may consult the tools of a domain.

    Raises:
        ConfigurationError: The domain has none.
    """
    tools = domain.tools()
    if not tools:
        raise ConfigurationError(f"the domain {domain.name!r} has no tools for models to consult")
    return ToolLoop(generator, tools)


def _told(consulted: Sequence[Consultation]) -> list[JsonValue]:
    return [
        {"tool": call.tool, "arguments": call.arguments, "result": result}
        for each in consulted
        for call, result in zip(each.calls, each.results, strict=True)
    ]
