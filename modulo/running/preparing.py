"""What is checked before the first paid call, so that nothing missing is found out later."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from typing import Any

from modulo.asynchrony import is_async
from modulo.errors import ProblemError
from modulo.graph.program import Program
from modulo.protocols import Critic, SoftCritic

__all__ = ["check_picklable", "prepare"]


async def prepare(
    program: Program,
    critics: Iterable[Critic[Any, Any]],
    soft_critics: Iterable[SoftCritic[Any, Any]],
    limits: Callable[[str], bool],
) -> None:
    """Let critics, generators and nested loops get ready.

    Args:
        program: The graph.
        critics: The hard critics that will be asked.
        soft_critics: The soft critics that may be asked.
        limits: Tells whether a field of ``Budget`` is limited.

    Raises:
        ModuloError: Something that one of them needs is missing.
    """
    for critic in critics:
        await critic.prepare()
    for soft_critic in soft_critics:
        await soft_critic.prepare(limits)
    for generator in program.generators:
        await generator.generator.prepare(limits)
    paths = [path for stage in program.stages.values() for path in stage.paths.values()]
    for node in [node for path in paths for node in path]:
        prepare_nested = getattr(node.convert, "prepare", None)
        if prepare_nested is not None and is_async(prepare_nested):
            await prepare_nested(limits)


def check_picklable(problem: Any) -> None:
    """See that a problem's value can be sent to a worker process.

    Raises:
        ProblemError: It cannot.
    """
    try:
        pickle.dumps(problem)
    except Exception as error:
        raise ProblemError(f"the problem cannot be sent to a worker process: {error}") from error
