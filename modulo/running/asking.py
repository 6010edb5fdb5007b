"""Asks one critic where it belongs: in the event loop, on a thread or in a worker process, within its deadline."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import anyio.lowlevel

from modulo.clock import Clock
from modulo.critique import Critique
from modulo.protocols import Critic
from modulo.running.deadline import within_deadline
from modulo.running.placement import Pace, run_here, run_placed
from modulo.running.verdicts import call_critic, read_async_judgement
from modulo.running.workers import WorkerPool

__all__ = ["ask_async", "ask_in_process", "ask_placed", "ask_quickly"]


async def ask_in_process(
    critic: Critic[Any, Any], args: tuple[Any, ...], *, pool: WorkerPool | None, clock: Clock
) -> Critique:
    """What a critic says in a worker process.

    Raises:
        TimeoutError: It is late.
        RuntimeError: It raised, or its process ended.
    """
    assert pool is not None, "whoever asks critics in processes opens a pool first"
    return await pool.critique(critic, args, clock=clock, max_seconds=critic.max_seconds)


async def ask_async(critic: Critic[Any, Any], args: tuple[Any, ...], *, clock: Clock) -> Critique:
    """What a critic says whose ``critique`` must be awaited.

    Raises:
        TimeoutError: It is late.
    """
    return await within_deadline(_judgement, critic, args, clock=clock, max_seconds=critic.max_seconds)


def ask_quickly(
    critic: Critic[Any, Any], args: tuple[Any, ...], *, pace: Pace, size: int
) -> Critique | Awaitable[Critique]:
    """What ``ask_placed`` gives: at once where nothing has to be waited for, else to be awaited."""
    if critic.runs_in != "auto" or not pace.is_quick_for(size):
        return ask_placed(critic, args, pace=pace, size=size)
    result = run_here(call_critic, critic, args, pace=pace, size=size)
    return result if isinstance(result, Critique) else _awaited(result)


async def ask_placed(critic: Critic[Any, Any], args: tuple[Any, ...], *, pace: Pace, size: int) -> Critique:
    """What a critic says that is a plain function and cannot be stopped.

    Args:
        critic: The critic.
        args: What it reads.
        pace: How quick it has been.
        size: Size of what it reads, in bytes.
    """
    result = await run_placed(call_critic, critic, args, pace=pace, size=size, runs_in=critic.runs_in)
    return result if isinstance(result, Critique) else await _awaited(result)


async def _judgement(critic: Critic[Any, Any], args: tuple[Any, ...]) -> Critique:
    return await _awaited(critic.critique(*args))


async def _awaited(result: Any) -> Critique:
    critique = await read_async_judgement(result)
    # A critic that swallowed its cancellation has not judged, whatever it returned.
    await anyio.lowlevel.checkpoint_if_cancelled()
    return critique
