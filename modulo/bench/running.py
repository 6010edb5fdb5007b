"""Runs a study: many runs at once, under one budget, each written down as it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from msgspec import Struct

from modulo.api import solve
from modulo.bench.bills import TraceWithBills
from modulo.bench.cells import Cell, generator_of, runs_of, strategy_of
from modulo.bench.folder import StudyFolder
from modulo.bench.pricing import unpriced_of
from modulo.bench.resuming import Resumed, paid_answers
from modulo.bench.rows import RunRow, answering, run_row
from modulo.bench.sharing import Doorway, Shared, budget_of_all, shared_from_string
from modulo.bench.study import Study
from modulo.budget import Budget, Usage
from modulo.canonical import parse_json
from modulo.certificate import Certificate
from modulo.errors import LimitReached
from modulo.ledger import Ledger
from modulo.options import Gate
from modulo.outcome import Exhausted, Outcome, StopReason
from modulo.problem import Problem
from modulo.running.together import run_together
from modulo.turns import in_turns

__all__ = ["StudyResult", "run_study"]


class StudyResult(Struct, frozen=True, kw_only=True):
    """What came of running a study.

    Attributes:
        rows: The runs that are finished, earlier ones included, in the study's order.
        starved: How many runs could not come to their end because the study's own budget was gone.
    """

    rows: Sequence[RunRow]
    starved: int


async def run_study(
    study: Study,
    folder: StudyFolder,
    *,
    base: Path,
    on_finished: Callable[[RunRow], None] = lambda _: None,
) -> StudyResult:
    """Make all runs of a study that its folder does not have yet.

    A run that was interrupted is made again with the answers that it had paid for.

    Args:
        study: The study.
        folder: Where results are, and go.
        base: The folder that the study's files are relative to.
        on_finished: Called with each row.

    Raises:
        ConfigurationError: The study makes no sense, or the folder holds something else or is in use.
        ModuloError: As ``solve``, before anything is paid for.
    """
    cells = runs_of(study, base=base)
    folder.begin(study)
    with folder.held():
        return await _run_missing(study, folder, cells, on_finished)


async def _run_missing(
    study: Study, folder: StudyFolder, cells: Sequence[Cell], on_finished: Callable[[RunRow], None]
) -> StudyResult:
    folder.save_problems(list(_documents(cells)))
    rows = folder.rows()
    finished = {row.run for row in rows}
    missing = [unit for unit in _units(study, cells) if not finished.issuperset(cell.run for cell in unit)]
    for cell in {(cell.problem.set, cell.model): cell for unit in missing for cell in unit}.values():
        generator_of(study, cell, study.seed)  # what cannot be had is said before anything is paid for
    # A set of which some rows are missing is made again on its paid answers, so those are not booked twice.
    again = {cell.run for unit in missing for cell in unit}
    unfinished = [folder.traces_so_far(run) for run in again]
    work = _Work(study, folder, _ledger(study, [row for row in rows if row.run not in again], unfinished))
    starved = 0
    waiting = iter(missing)

    async def work_off() -> None:
        nonlocal starved
        for unit in waiting:
            made = await work.unit(unit)
            starved += len(unit) if made is None else 0
            for row in made or ():
                if row.run not in finished:
                    on_finished(row)

    await run_together([work_off] * study.concurrency)
    return StudyResult(rows=folder.rows(), starved=starved)


def _units(study: Study, cells: Sequence[Cell]) -> Iterator[tuple[Cell, ...]]:
    """What is made, and has a budget, together: a run, or in place of the last of them those that share."""
    sharing = {name for name, text in study.strategies.items() if shared_from_string(text)}
    sets: dict[tuple[Any, ...], list[Cell]] = {}
    for cell in cells:
        if cell.strategy in sharing:
            sets.setdefault(_set_of(cell), []).append(cell)
    for cell in cells:
        if cell.strategy not in sharing:
            yield (cell,)
        elif cell is sets[_set_of(cell)][-1]:
            yield tuple(sets[_set_of(cell)])


def _set_of(cell: Cell) -> tuple[Any, ...]:
    return cell.problem.set, cell.model, cell.strategy, cell.repeat


def _documents(cells: Sequence[Cell]) -> Iterator[dict[str, Any]]:
    for one in {(cell.problem.set, cell.problem.id): cell.problem for cell in cells}.values():
        made = Problem.of(one.value, domain=one.domain.name)
        document = {"set": one.set, "id": one.id, "domain": made.domain, "sha256": made.sha256}
        yield {**document, "problem": parse_json(made.canonical)}


def _ledger(study: Study, rows: Sequence[RunRow], unfinished: Iterable[Sequence[Path]]) -> Ledger:
    """The books of the study, in which stands what it spent before it was interrupted, in unfinished runs as well."""
    ledger = Ledger(study.total.budget())
    spent = sum((row.usage + row.unconfirmed + row.lost for row in rows), Usage())
    spent += sum((paid_answers(traces).spent for traces in unfinished if traces), Usage())
    with suppress(LimitReached):  # there is nothing left, as the first run will find
        ledger.reserve_now(Usage()).settle(spent)
    return ledger


class _Made(Struct, frozen=True, kw_only=True):
    """A run that came to its end."""

    row: RunRow
    outcome: Outcome[Any]


class _Work:
    """Makes the runs of a study.

    Args:
        study: The study.
        folder: Where results go.
        ledger: Its books.
    """

    def __init__(self, study: Study, folder: StudyFolder, ledger: Ledger) -> None:
        self._study = study
        self._folder = folder
        self._ledger = ledger
        self._places = anyio.Semaphore(study.concurrency)

    async def unit(self, cells: Sequence[Cell]) -> Sequence[RunRow] | None:
        """The rows of runs that are made together, written down; None if the study's own budget ended one."""
        shared = shared_from_string(self._study.strategies[cells[0].strategy])
        budget = self._study.budget.budget()
        if shared is None:
            async with self._places:
                made: Sequence[_Made] = [await self._run(cells[0], budget=budget, within=self._ledger)]
            own, spent = budget, made[0].outcome.usage + made[0].outcome.unconfirmed
        else:
            own = budget_of_all(budget, len(cells))
            ledger = Ledger(own, parent=self._ledger)
            made = await self._together(cells, shared, ledger)
            spent = ledger.spent + ledger.unconfirmed
        if any(self._is_starved(one.outcome, own, spent) for one in made):
            return None
        self._folder.save([(one.row, _certificate(one.outcome)) for one in made])
        return [one.row for one in made]

    async def _together(self, cells: Sequence[Cell], shared: Shared, ledger: Ledger) -> Sequence[_Made]:
        made: dict[int, _Made] = {}

        async def run(place: int, gate: Gate) -> Outcome[Any]:
            door = Doorway(gate, self._places)
            try:
                made[place] = await self._run(
                    cells[place], budget=Budget(), within=ledger, door=door, shared_by=len(cells)
                )
            finally:
                door.leave()
            return made[place].outcome

        await in_turns(
            [partial(run, place) for place in range(len(cells))],
            [_problem(cell) for cell in cells],
            allocation=shared.allocation,
            concurrency=shared.at_a_time,
            seed=_seed_of(self._study.seed, cells[0].problem.set, "", cells[0].repeat),
            within=ledger,
        )
        return [made[place] for place in range(len(cells))]

    async def _run(
        self, cell: Cell, *, budget: Budget, within: Ledger, door: Doorway | None = None, shared_by: int = 1
    ) -> _Made:
        study, folder, problem = self._study, self._folder, cell.problem
        seed = _seed_of(study.seed, problem.set, problem.id, cell.repeat)
        paid = paid_answers(folder.set_aside_traces(cell.run))
        generator = Resumed(generator_of(study, cell, seed), paid, on_again=self._ledger.extend)
        graph = problem.domain.graph(generator)
        with TraceWithBills(folder.trace(cell.run), keeps_answers=True) as trace:
            outcome = await solve(
                graph,
                problem.value,
                strategy=strategy_of(study, cell),
                backprompter=problem.domain.backprompter(),
                budget=budget,
                within=within,
                select=study.select,
                seed=seed,
                trace=trace,
                gate=door,
            )
        row = run_row(
            outcome,
            bills=trace.bills,
            answers=answering(graph),
            select=study.select,
            lost=generator.lost,
            waited=door.waited if door else 0.0,
            unpriced=unpriced_of(generator, {attempt.sampling.model for attempt in outcome.attempts}),
            shared_by=shared_by,
            run=cell.run,
            set=problem.set,
            problem=problem.id,
            problem_sha256=_problem(cell).sha256,
            domain=problem.domain.name,
            model=cell.model,
            strategy=cell.strategy,
            repeat=cell.repeat,
        )
        return _Made(row=row, outcome=outcome)

    def _is_starved(self, outcome: Outcome[Any], own: Budget, spent: Usage) -> bool:
        """Whether it was the study's own budget, and not that of the run or its set, which ended a run.

        Args:
            outcome: Of the run.
            own: The budget of the run, or of all that share it.
            spent: What was spent of that.
        """
        total = self._study.total.budget()
        for name in Budget.__dataclass_fields__:
            limit = getattr(own, name)
            if getattr(total, name) is None or outcome.stop_reason is not StopReason.of_limit(name):
                continue
            if limit is None:
                return True
            if name == "seconds":
                return bool(outcome.seconds < limit)
            # Whichever has less left refused the call that was next.
            left = self._ledger.left(name)
            return left is not None and bool(left < limit - _amount(spent, name))
        return False


def _certificate(outcome: Outcome[Any]) -> Certificate | None:
    return None if isinstance(outcome, Exhausted) else outcome.certificate


def _problem(cell: Cell) -> Problem[Any]:
    return Problem.of(cell.problem.value, domain=cell.problem.domain.name)


def _amount(usage: Usage, name: str) -> float:
    amount: float = getattr(usage, name)
    return amount


def _seed_of(seed: int, of_set: str, problem: str, repeat: int) -> int:
    """A seed of its own for each repeat of each problem, the same for all strategies: they are compared on it."""
    about = f"{seed}\n{of_set}\n{problem}\n{repeat}"
    return int.from_bytes(hashlib.sha256(about.encode()).digest()[:4]) >> 1
