"""The critic that asks several others the same question."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread

from modulo.asynchrony import is_async
from modulo.canonical import JsonValue
from modulo.clock import SystemClock
from modulo.critics.n_version.agreeing import Opinion, agreement, disagree, in_words
from modulo.critics.n_version.cases import CaseFolder, case_of
from modulo.critics.n_version.composing import check_parts
from modulo.critique import Critique, Verdict, weakest
from modulo.errors import CriticsDisagree
from modulo.graph.declarations import runs_in_process
from modulo.problem import Problem
from modulo.protocols import Critic
from modulo.running.asking import ask_async, ask_in_process, ask_placed
from modulo.running.failures import is_failure
from modulo.running.place import active_ledger
from modulo.running.placement import pace_of
from modulo.running.together import run_together
from modulo.running.workers import WorkerPool, worker_pool

__all__ = ["NVersion"]


class NVersion(Critic[Any, Any]):
    """Accepts what all of some independent implementations accept, and rejects what all of them reject.

    Each part runs where it would run by itself (event loop, thread or worker process), within its own deadline, on
    values of its own; all of them always run. If one accepts and another rejects, one of them is wrong. That is no
    verdict but a failure of this critic (``CriticsDisagree``) with what each of them said, and the case is saved.

    **Sound for:** what the weakest of its parts proves, unless all of them are wrong in the same way.

    **Does not check:** that its parts are independent: it refuses the same implementation twice, and cannot see that
    two have copied a mistake from each other.

    Args:
        *parts: At least two critics of different implementations that judge the same things. The violations of a
            rejection are those of the first.
        saves_to: A folder that gets a file for each case of disagreement, a row that ``modulo check --batch`` reads
            and everything that the parts said. None saves nothing.
        domain: Name of the domain that the saved rows are for.
        max_cases: Most files in that folder; further cases are not saved, and their failures say so.

    Raises:
        ConfigurationError: The parts are too few, the same, or judge different things.
    """

    version = "1"

    def __init__(
        self,
        *parts: Critic[Any, Any],
        saves_to: str | os.PathLike[str] | None = None,
        domain: str | None = None,
        max_cases: int = 1000,
    ) -> None:
        check_parts(parts)
        self.parts = parts
        self.soundness = weakest([part.soundness for part in parts])
        self.proves = _claim([part.proves for part in parts], len(parts))
        self.cost = sum(part.cost for part in parts)
        self.judges = parts[0].judges
        self.is_format = parts[0].is_format
        self._cases = None if saves_to is None else CaseFolder(Path(saves_to), max_cases)
        self._domain = domain

    def applies_to(self, problem: Any) -> bool:
        """Whether all of them can judge answers to this problem."""
        for part in self.parts:
            applies = part.applies_to(problem)
            if not isinstance(applies, bool):
                raise TypeError(f"{part.id} returned a {type(applies).__name__}, not True or False")
            if not applies:
                return False
        return True

    def options(self) -> Mapping[str, JsonValue]:
        """Id, version and options of each part, in order."""
        return {"parts": [_described(part) for part in self.parts]}

    def digests(self) -> Mapping[str, str]:
        """The external programs of all parts, by the part's number and the program's name."""
        return {
            f"{number}: {name}": digest
            for number, part in enumerate(self.parts, 1)
            for name, digest in part.digests().items()
        }

    async def prepare(self) -> None:
        """Let every part get ready, and see that cases can be saved.

        Raises:
            ModuloError: Something that a part needs is missing, or the folder cannot be written to.
        """
        for part in self.parts:
            await part.prepare()
        if self._cases is not None:
            await anyio.to_thread.run_sync(self._cases.prepare)

    async def critique(self, problem: Any, candidate: Any) -> Critique:
        """Ask every part.

        Raises:
            CriticsDisagree: Some accept and some reject.
            CriticError: Some failed.
        """
        opinions = await self._opinions(problem, candidate)
        if not disagree(opinions):
            return agreement(opinions)
        saved = "it was saved nowhere"
        if self._cases is not None:
            case = partial(case_of, self._domain, problem, candidate, opinions)
            saved = await anyio.to_thread.run_sync(self._cases.save, case)
        raise CriticsDisagree(self.id, f"{in_words(opinions)} ({saved})")

    async def _opinions(self, problem: Any, candidate: Any) -> list[Opinion]:
        wrapped = Problem.of(problem, domain="n_version")
        found: dict[int, Critique] = {}

        async def ask(number: int, pool: WorkerPool) -> None:
            found[number] = await _critique(self.parts[number], wrapped, copy.deepcopy(candidate), pool)

        # It starts no process before one is needed, and is the run's own where that has one.
        async with worker_pool() as pool:
            await run_together(partial(ask, number, pool) for number in range(len(self.parts)))
        return [Opinion(part, found[number]) for number, part in enumerate(self.parts)]


async def _critique(
    part: Critic[Any, Any], problem: Problem[Any], candidate: Any, pool: WorkerPool
) -> Critique:
    """What a part says; that it failed, if it did."""
    value = problem.own_value()
    try:
        critique = await _asked(part, (value, candidate), len(problem.canonical), pool)
    except BaseException as error:  # a critic may raise anything
        if not is_failure(error):
            raise
        return Critique(Verdict.UNDECIDED, reason=f"{type(error).__name__}: {error}", failed=True)
    if critique.verdict is Verdict.ACCEPT and not problem.is_unchanged_in(value):
        return Critique(Verdict.UNDECIDED, reason="it changed the problem while judging", failed=True)
    return critique


async def _asked(part: Critic[Any, Any], args: tuple[Any, Any], size: int, pool: WorkerPool) -> Critique:
    ledger = active_ledger()
    clock = ledger.clock if ledger else SystemClock()
    if runs_in_process(part):
        return await ask_in_process(part, args, pool=pool, clock=clock)
    if is_async(part.critique):
        return await ask_async(part, args, clock=clock)
    return await ask_placed(part, args, pace=pace_of(part), size=size)


def _claim(claims: list[str], count: int) -> str:
    return f"{'; '.join(dict.fromkeys(claims))} ({count} independent implementations agree)"


def _described(part: Critic[Any, Any]) -> dict[str, JsonValue]:
    return {"id": part.id, "version": part.version, "options": dict(part.options())}
