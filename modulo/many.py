"""``solve_many``: a set of problems under one budget, with the rounds where they are most likely to certify."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from modulo.api import SolveOptions, solve
from modulo.errors import ConfigurationError, ProgramError
from modulo.graph import Graph
from modulo.graph.problems import as_problem
from modulo.numeric import is_whole_number
from modulo.options import Gate
from modulo.outcome import Exhausted, Outcome, StopReason
from modulo.problem import Problem
from modulo.running.failures import part_of_program
from modulo.strategies.adaptive import Adaptive
from modulo.turns import in_turns

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    C = TypeVar("C", default=Any)
else:
    from typing import TypeVar

    C = TypeVar("C")

__all__ = ["size_of", "solve_many"]


def size_of(problem: Problem[Any]) -> Hashable:
    """Problems are of one kind if their canonical forms are about equally long, by powers of two."""
    return len(problem.canonical).bit_length()


async def solve_many(
    graph: Graph[C],
    problems: Sequence[Any],
    /,
    *,
    allocation: Adaptive | None = None,
    concurrency: int = 16,
    group: Callable[[Problem[Any]], Hashable] = size_of,
    **options: Unpack[SolveOptions],
) -> tuple[Outcome[C], ...]:
    """Solve a set of problems, some at a time.

    Rounds are given out in turns: once all rounds of a turn are over, the allocation says which problems have the
    next ones. So what is solved does not depend on timing. Limit the set as a whole with ``within``, a ledger; a
    round costs what it takes of that budget, be it calls, tokens or dollars.

    Args:
        graph: The graph.
        problems: The problems.
        allocation: Who has the next round; ``Adaptive()`` by default.
        concurrency: Rounds of a turn.
        group: The kind of a problem. Without one, the size of a problem and the outer fields of its JSON are taken
            to tell how difficult it is, as far as they turn out to; with one, all of them are.
        **options: As for ``solve``, for each run: ``budget`` limits one, ``within`` all of them. ``seed`` is that of
            the first one; each has a seed of its own.

    Returns:
        The outcomes, in the order of the problems. A run that is not worth another round is ``Exhausted`` with the
        stop reason ``given_up`` and the reason as its ``error``. One whose prompt function fails on its problem is
        ``Exhausted`` with the stop reason ``error`` and the exception as its ``cause``; the others go on. If an
        allocation fails, all runs that are not over end that way.

    Raises:
        ModuloError: As ``solve``; a ``ProgramError`` only if every run has one, before it came to anything.
    """
    if not is_whole_number(concurrency) or concurrency < 1:
        raise ConfigurationError(f"concurrency must be a whole number of at least 1, not {concurrency!r}")
    if options.get("gate") is not None or options.get("trace") is not None:
        raise ConfigurationError("solve_many: gate= and trace= are of one run; they cannot be shared by many")
    seed = options.get("seed") or 0
    made = [as_problem(graph, problem) for problem in problems]
    failures: list[ProgramError] = []

    async def run(place: int, gate: Gate) -> Outcome[C]:
        given: SolveOptions = {**options, "gate": gate, "seed": seed + place}
        try:
            return await solve(graph, made[place], **given)
        except ProgramError as error:  # it came to nothing, but others may have
            failures.append(error)
            return Exhausted(StopReason.ERROR, (), error=str(error), cause=error)

    outcomes = await in_turns(
        [partial(run, place) for place in range(len(made))],
        made,
        groups=[part_of_program("the group of", problem.domain, _group, group, problem) for problem in made],
        within=options.get("within"),
        allocation=allocation or Adaptive(),
        concurrency=concurrency,
        seed=seed,
    )
    if failures and len(failures) == len(made):
        raise failures[0]
    return outcomes


def _group(group: Callable[[Problem[Any]], Hashable], problem: Problem[Any]) -> Hashable:
    if group is size_of:  # which is known of all problems anyway
        return None
    found = group(problem)
    hash(found)
    return found
