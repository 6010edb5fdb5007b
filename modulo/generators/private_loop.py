"""An asyncio event loop in a thread of its own, where litellm lives.

litellm ties clients, connections and a background task to the loop that it first runs in. A program has
many loops (each ``solve_sync`` makes one), some of them trio's, and would collect leaked sockets and foreign
tasks. In a loop of its own, litellm has one set of connections for the whole process, its callers may run on
any backend that anyio knows, and what it computes does not hold up their loops.
"""

from __future__ import annotations

import asyncio
import atexit
import inspect
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any, Final, Generic, TypeVar

import anyio
from anyio.lowlevel import current_token

__all__ = ["PrivateLoop"]

T = TypeVar("T")

_STOP_SECONDS = 5.0

# Not structlog: unless a program configures it, it prints what libraries say at DEBUG to standard output.
log = logging.getLogger(__name__)


class PrivateLoop:
    """Runs coroutines of any caller in one asyncio loop, which starts with the first of them.

    Args:
        name: Name of its threads.
        at_exit: Runs in the loop when the process ends, e.g. to close connections.
    """

    def __init__(self, name: str, *, at_exit: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        self._name = name
        self._at_exit = at_exit
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run ``work()`` there and wait for its end, from a task of any backend.

        When the caller is cancelled, the work is cancelled, and has ended before the cancellation goes on.

        Raises:
            RuntimeError: The work was cancelled by something else than its caller.
        """
        loop = self._started()
        call = _Call(work)
        loop.call_soon_threadsafe(call.start, context=_context_for_asyncio())
        try:
            await call.finished.wait()
        except anyio.get_cancelled_exc_class():
            loop.call_soon_threadsafe(call.cancel)
            with anyio.CancelScope(shield=True):
                await call.finished.wait()
            raise
        return call.result()

    @staticmethod
    async def hear_caller() -> None:
        """In the work: let the caller have a turn. If it was cancelled, the work is cancelled here.

        A cancellation takes a moment to come over from the caller's loop, and calls that queue for one another
        would follow each other in that moment.
        """
        call = _CALL.get()
        heard = asyncio.get_running_loop().create_future()
        if call is not None:
            call.ask_caller(heard)
            await heard

    def is_running_here(self) -> bool:
        """Whether this code runs in the private loop."""
        return asyncio.get_running_loop() is self._loop

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            # A forked child inherits the loop but not the thread that runs it.
            if self._loop is None or self._pid != os.getpid():
                self._loop, self._pid = self._start(), os.getpid()
            return self._loop

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        loop.set_default_executor(_TidyExecutor(thread_name_prefix=self._name))
        loop.set_exception_handler(_note_complaint)
        thread = threading.Thread(target=loop.run_forever, name=self._name, daemon=True)
        thread.start()
        atexit.register(self._stop, loop, thread)
        return loop

    def _stop(self, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
        if not thread.is_alive():
            return
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._wind_up(), loop).result(_STOP_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_STOP_SECONDS)
        if not loop.is_running():
            loop.close()

    async def _wind_up(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._at_exit is not None:
            await self._at_exit()


class _Call(Generic[T]):
    """One piece of work, seen from both sides: started and cancelled in the private loop, awaited outside."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self.finished = anyio.Event()
        self._work = work
        self._task: asyncio.Task[T] | None = None
        # An asyncio loop and a trio token each have a method to be called from other threads.
        token: Any = current_token().native_token
        self._wake = getattr(token, "call_soon_threadsafe", None) or token.run_sync_soon

    def start(self) -> None:
        _CALL.set(self)
        self._task = asyncio.get_running_loop().create_task(self._work())
        self._task.add_done_callback(self._finish)

    def ask_caller(self, heard: asyncio.Future[None]) -> None:
        """Have the caller's loop come round, and then this one, before ``heard`` is done."""
        loop = asyncio.get_running_loop()
        self._wake(lambda: loop.call_soon_threadsafe(_finish_unless_cancelled, heard))

    def cancel(self) -> None:
        assert self._task is not None, "cancelled before it was started"
        self._task.cancel()

    def _finish(self, _task: asyncio.Task[T]) -> None:
        with suppress(RuntimeError):  # the caller's loop was closed with the caller in it
            self._wake(self.finished.set)

    def result(self) -> T:
        assert self._task is not None, "awaited before it was started"
        if self._task.cancelled():
            raise RuntimeError("the work was cancelled from within")
        return self._task.result()


_CALL: Final[ContextVar[_Call[Any] | None]] = ContextVar("modulo_private_call", default=None)


def _finish_unless_cancelled(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _context_for_asyncio() -> Context:
    """The caller's context variables, for tracing; none of trio's, which would make libraries call trio."""
    return copy_context() if current_token().backend_class.__module__.endswith("_asyncio") else Context()


def _note_complaint(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    log.debug("private_loop_complaint %s %r", context.get("message"), context.get("exception"))


class _TidyExecutor(ThreadPoolExecutor):
    """Runs functions that may return coroutines, which are closed if nobody awaits them.

    ``litellm.acompletion`` makes its request's coroutine in the default executor. If the call is cancelled
    meanwhile, the coroutine is dropped, and Python warns that it was never awaited.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return super().submit(_tidy, fn, *args, **kwargs)


def _tidy(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    result = fn(*args, **kwargs)
    return _TidyCoroutine(result) if inspect.iscoroutine(result) else result


class _TidyCoroutine(Coroutine[Any, Any, T]):
    """A coroutine that closes itself when it is dropped before it was started."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine

    def send(self, value: Any) -> Any:
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, T]:
        return self._coroutine.__await__()

    def __del__(self) -> None:
        if inspect.getcoroutinestate(self._coroutine) == inspect.CORO_CREATED:
            self._coroutine.close()
