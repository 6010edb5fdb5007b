"""``solve``, ``solve_sync`` and ``stream``: the ways to run a graph on a problem."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypedDict, Unpack, overload

import anyio
import anyio.from_thread
import anyio.lowlevel
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from modulo.budget import Budget
from modulo.clock import Clock
from modulo.errors import ConfigurationError
from modulo.events import Event
from modulo.graph import Graph
from modulo.graph.nodes import Prompt
from modulo.graph.simple import simple_graph
from modulo.ledger import Ledger
from modulo.loop import Run
from modulo.options import Gate, RunOptions, Select
from modulo.outcome import Outcome
from modulo.protocols import Backprompter, Critic, Generator, Strategy
from modulo.running.cancelling import waiting_for_tasks
from modulo.running.place import active_ledger
from modulo.running.retrying import Retries
from modulo.trace import Trace

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    C = TypeVar("C", default=Any)
else:
    from typing import TypeVar

    C = TypeVar("C")

__all__ = ["EventStream", "SolveOptions", "run_options", "solve", "solve_sync", "stream"]

_PARTS = ("generator", "critics", "prompt", "reformulator")


class SolveOptions(TypedDict, total=False):
    """Keyword arguments of ``solve``, ``solve_sync`` and ``stream`` besides the parts of a graph."""

    strategy: Strategy | None
    backprompter: Backprompter | None
    budget: Budget | None
    within: Ledger | None
    select: Select
    seed: int
    retries: Retries | None
    max_concurrency: int
    clock: Clock | None
    trace: Trace | None
    gate: Gate | None


Critics: TypeAlias = Sequence[Critic[Any, Any]] | Critic[Any, Any]
AnyGenerator: TypeAlias = Generator | Callable[..., Any]

# The same overloads stand three times below: Python has no way to share them between functions whose results differ.


@overload
async def solve(graph: Graph[C], problem: Any, /, **options: Unpack[SolveOptions]) -> Outcome[C]: ...
@overload
async def solve(
    problem: Any,
    /,
    *,
    generator: AnyGenerator,
    critics: Critics,
    prompt: Prompt | None = None,
    reformulator: None = None,
    **options: Unpack[SolveOptions],
) -> Outcome[str]: ...
@overload
async def solve(
    problem: Any,
    /,
    *,
    generator: AnyGenerator,
    critics: Critics,
    prompt: Prompt | None = None,
    reformulator: Callable[..., Awaitable[C]] | Callable[..., C],
    **options: Unpack[SolveOptions],
) -> Outcome[C]: ...
async def solve(graph: Any, problem: Any = None, /, **options: Any) -> Outcome[Any]:
    """Generate, critique and backprompt until an answer is certified or the budget is gone.

    ``solve(graph, problem, ...)`` runs a graph; ``solve(problem, generator=..., critics=[...])`` makes one of
    a generator, an optional ``prompt`` and ``reformulator``, and critics.

    Args:
        graph: The graph, or the problem if there is no graph.
        problem: The problem: a JSON value, a dataclass, a pydantic model or a ``Problem``.
        **options: All optional.
            strategy: What to try next; ``Refine()`` by default.
            backprompter: How critiques become prompts; ``ChatBackprompter()`` by default.
            budget: Limits of this run; 30 rounds by default, none with ``Budget()``.
            within: A ledger (of a batch or session) that this run is charged to as well.
            select: ``first`` certified answer, or the ``best`` by soft critics when the budget is gone.
            seed: For everything random.
            retries: How calls that fail in transport are tried again.
            max_concurrency: Most expansions at the same time.
            clock: Source of time.
            trace: Takes the events.
            gate: An async function of the tree of attempts that is awaited before each round and gives None, or
                says why the run gets no more rounds (stop reason ``given_up``).

    Returns:
        ``Certified``, ``Exhausted`` or ``Unsolvable``. A limit, a failing model and a failing critic are
        outcomes, not exceptions.

    Raises:
        ModuloError: Before anything is paid for: the graph is unsound, the problem does not fit, something
            that a generator or critic needs is missing, an option makes no sense, or a prompt function, the
            strategy or the backprompter fails (``ProgramError``). Where they fail later, the outcome is
            ``Exhausted`` with the stop reason ``error``, the work so far, and the exception as its ``cause``.
    """
    return await _run(graph, problem, options, is_cancellable=False).outcome()  # only streams can be


@overload
def solve_sync(graph: Graph[C], problem: Any, /, **options: Unpack[SolveOptions]) -> Outcome[C]: ...
@overload
def solve_sync(
    problem: Any,
    /,
    *,
    generator: AnyGenerator,
    critics: Critics,
    prompt: Prompt | None = None,
    reformulator: None = None,
    **options: Unpack[SolveOptions],
) -> Outcome[str]: ...
@overload
def solve_sync(
    problem: Any,
    /,
    *,
    generator: AnyGenerator,
    critics: Critics,
    prompt: Prompt | None = None,
    reformulator: Callable[..., Awaitable[C]] | Callable[..., C],
    **options: Unpack[SolveOptions],
) -> Outcome[C]: ...
def solve_sync(graph: Any, problem: Any = None, /, **options: Any) -> Outcome[Any]:
    """``solve`` for programs without an event loop, and for notebooks, whose loop is running already.

    Raises:
        ModuloError: As ``solve``.
        ConfigurationError: It is called inside a node of another run, which must await ``solve``.
    """
    outcome: Outcome[Any] = _run_sync(lambda: solve(graph, problem, **options))
    return outcome


def _run_sync(function: Callable[[], Any]) -> Any:
    """Run a coroutine function to its end, on a thread of its own if a loop is running here.

    Raises:
        ConfigurationError: It is called inside a node of a run, whose budget it would escape.
    """
    if active_ledger() is not None:
        raise ConfigurationError(
            "solve_sync was called inside a node of another run; make that node async and await modulo.solve"
        )
    if not _loop_is_running():
        return anyio.run(function)
    with anyio.from_thread.start_blocking_portal() as portal:
        future = portal.start_task_soon(function)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise


class EventStream(Generic[C]):
    """The events of a run as they happen: ``async for event in events``.

    The iteration ends with the run. If the run fails, the iteration raises what it raised.
    """

    def __init__(self, run: Run, receive: MemoryObjectReceiveStream[Event]) -> None:
        self._run = run
        self._receive = receive
        self._outcome: Outcome[C] | None = None
        self._error: BaseException | None = None
        self._error_was_seen = False
        self._finished = anyio.Event()

    def __aiter__(self) -> EventStream[C]:
        return self

    async def __anext__(self) -> Event:
        try:
            return await self._receive.receive()
        except anyio.EndOfStream:
            await self.outcome()  # raises what the run raised
            raise StopAsyncIteration from None
        except anyio.ClosedResourceError:  # the block was left
            raise StopAsyncIteration from None

    def cancel(self) -> None:
        """End the run; its outcome is ``Exhausted`` with the stop reason ``cancelled``.

        An answer that was certified before is the outcome all the same.
        """
        self._run.cancel()

    async def outcome(self) -> Outcome[C]:
        """Wait for the end of the run.

        Raises:
            ModuloError: As ``solve``.
            RuntimeError: The block around it was cancelled from outside, so there is none.
        """
        await self._finished.wait()
        self._raise_error()
        if self._outcome is None:
            raise RuntimeError("this run has no outcome: it was cancelled together with the block around it")
        return self._outcome

    def _raise_error(self) -> None:
        """Raise what the run raised, if it raised something."""
        if self._error is not None:
            self._error_was_seen = True
            raise self._error

    async def _work(self, send: MemoryObjectSendStream[Event]) -> None:
        try:
            self._outcome = await self._run.outcome()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001
            self._error = error  # raised to whoever iterates or asks for the outcome, or else by the block
        finally:
            send.close()
            self._finished.set()


@overload
def stream(
    graph: Graph[C], problem: Any, /, **options: Unpack[SolveOptions]
) -> AbstractAsyncContextManager[EventStream[C]]: ...
@overload
def stream(
    problem: Any,
    /,
    *,
    generator: AnyGenerator,
    critics: Critics,
    prompt: Prompt | None = None,
    reformulator: None = None,
    **options: Unpack[SolveOptions],
) -> AbstractAsyncContextManager[EventStream[str]]: ...
@overload
def stream(
    problem: Any,
    /,
    *,
    generator: AnyGenerator,
    critics: Critics,
    prompt: Prompt | None = None,
    reformulator: Callable[..., Awaitable[C]] | Callable[..., C],
    **options: Unpack[SolveOptions],
) -> AbstractAsyncContextManager[EventStream[C]]: ...
@asynccontextmanager
async def stream(graph: Any, problem: Any = None, /, **options: Any) -> AsyncIterator[EventStream[Any]]:
    """Run like ``solve`` and give the typed events as they happen.

    ``async with modulo.stream(graph, problem) as events`` cancels the run when the block is left early.

    Raises:
        ModuloError: As ``solve``; faults of the graph and problem at once, others from the iteration, or when
            the block is left without one.
    """
    send, receive = anyio.create_memory_object_stream[Event](math.inf)
    left_by: list[BaseException] = []
    with send, receive:
        events: EventStream[Any] = EventStream(
            _run(graph, problem, options, sinks=(send.send_nowait,)), receive
        )
        async with anyio.create_task_group() as tasks:
            with waiting_for_tasks():
                tasks.start_soon(events._work, send)
            try:
                yield events
            except anyio.get_cancelled_exc_class():
                raise
            except BaseException as error:  # noqa: BLE001
                left_by.append(error)  # raised after the group, so that the user gets this error and no group
            events.cancel()
    if left_by:
        raise left_by[0]
    if not events._error_was_seen:
        events._raise_error()


def _run(
    graph: Any,
    problem: Any,
    options: Mapping[str, Any],
    *,
    sinks: Sequence[Callable[[Event], None]] = (),
    is_cancellable: bool = True,
) -> Run:
    given = dict(options)
    parts: dict[str, Any] = {name: given.pop(name) for name in _PARTS if name in given}
    if isinstance(graph, Graph):
        if parts:
            raise ConfigurationError(f"a graph brings its own nodes; {', '.join(parts)} must not be given too")
        if problem is None:
            raise ConfigurationError("solve(graph, problem): the problem is missing")
    else:
        if problem is not None:
            raise ConfigurationError(f"solve(graph, problem): a {type(graph).__name__} is no Graph")
        if "generator" not in parts or not parts.get("critics"):
            raise ConfigurationError("solve needs a Graph and a problem; or a problem, generator= and critics=")
        graph, problem = simple_graph(**parts), graph
    return Run(graph, problem, run_options(given), sinks=sinks, is_cancellable=is_cancellable)


def run_options(given: Mapping[str, Any]) -> RunOptions:
    """The options that ``solve`` takes besides the parts of a graph; what is None is as if not given.

    Raises:
        ConfigurationError: There is no such option, or one makes no sense.
    """
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    unknown = chosen.keys() - RunOptions.__dataclass_fields__.keys()
    if unknown:
        raise ConfigurationError(f"solve: unknown option {', '.join(sorted(unknown))}")
    return RunOptions(**chosen)


def _loop_is_running() -> bool:
    try:
        anyio.lowlevel.current_token()
    except Exception:  # noqa: BLE001  anyio says so with different errors, by version and back end
        return False
    return True
