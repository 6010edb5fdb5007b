"""Runs a study: many runs at once, under one budget, each written down as it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from modulo.api import solve
from modulo.bench.folder import StudyFolder
from modulo.bench.pricing import Priced
from modulo.bench.problem_sets import BenchProblem, problems_of
from modulo.bench.resuming import Resumed, paid_answers
from modulo.bench.rows import RunRow, answering, run_row
from modulo.bench.study import ModelEntry, Study
from modulo.budget import Budget, Usage
from modulo.canonical import parse_json
from modulo.errors import LimitReached
from modulo.generators.choice import Models
from modulo.generators.models import generator_from_string
from modulo.generators.price import Price
from modulo.ledger import Ledger
from modulo.outcome import Exhausted, Outcome, StopReason
from modulo.problem import Problem
from modulo.protocols import Generator, Strategy
from modulo.running.together import run_together
from modulo.strategies.named import strategy_from_string
from modulo.trace import Trace

__all__ = ["Cell", "StudyResult", "run_study", "runs_of"]

_DOMAINS_OWN: Final = "domain"


class Cell(Struct, frozen=True, kw_only=True):
    """One run to be made.

    Attributes:
        problem: The problem.
        model: Name of the model in the study.
        strategy: Name of the strategy in the study.
        repeat: Which of the repeats, from 0 on.
    """

    problem: BenchProblem
    model: str
    strategy: str
    repeat: int

    @property
    def run(self) -> str:
        """Its name."""
        return "/".join((self.problem.set, self.problem.id, self.model, self.strategy, str(self.repeat)))


class StudyResult(Struct, frozen=True, kw_only=True):
    """What came of running a study.

    Attributes:
        rows: The runs that are finished, earlier ones included, in the study's order.
        starved: How many runs could not come to their end because the study's own budget was gone.
    """

    rows: Sequence[RunRow]
    starved: int


def runs_of(study: Study, *, base: Path) -> tuple[Cell, ...]:
    """The runs of a study: problem by problem, so that strategies are compared fairly where a budget ends it.

    Args:
        study: The study.
        base: The folder that its files are relative to.

    Raises:
        ConfigurationError: Its problems cannot be had, or it names a strategy that there is not.
    """
    for text in study.strategies.values():
        if text != _DOMAINS_OWN:
            strategy_from_string(text)
    return tuple(
        Cell(problem=problem, model=model, strategy=strategy, repeat=repeat)
        for given in study.problems
        for problem in problems_of(given, base=base)
        for repeat in range(study.repeats)
        for model in study.models
        for strategy in study.strategies
    )


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
    folder.save_problems(_documents(cells))
    rows = folder.rows()
    finished = {row.run for row in rows}
    ledger = _ledger(study, rows)
    starved = 0
    waiting = iter([cell for cell in cells if cell.run not in finished])

    async def work() -> None:
        nonlocal starved
        for cell in waiting:
            row = await _run(study, folder, cell, ledger)
            if row is None:
                starved += 1
            else:
                on_finished(row)

    await run_together([work] * study.concurrency)
    return StudyResult(rows=folder.rows(), starved=starved)


def _documents(cells: Sequence[Cell]) -> Iterator[dict[str, Any]]:
    for one in {(cell.problem.set, cell.problem.id): cell.problem for cell in cells}.values():
        made = Problem.of(one.value, domain=one.domain.name)
        document = {"set": one.set, "id": one.id, "domain": made.domain, "sha256": made.sha256}
        yield {**document, "problem": parse_json(made.canonical)}


def _ledger(study: Study, rows: Sequence[RunRow]) -> Ledger:
    """The books of the study, in which stands what it spent before it was interrupted."""
    ledger = Ledger(study.total.budget())
    spent = sum((row.usage + row.unconfirmed + row.lost for row in rows), Usage())
    with suppress(LimitReached):  # there is nothing left, as the first run will find
        ledger.reserve_now(Usage()).settle(spent)
    return ledger


async def _run(study: Study, folder: StudyFolder, cell: Cell, ledger: Ledger) -> RunRow | None:
    problem, seed = cell.problem, _seed(study, cell)
    paid = paid_answers(folder.set_aside_traces(cell.run))
    generator = _generator(study, cell, seed)
    if paid.answers:
        generator = Resumed(generator, paid)
    graph = problem.domain.graph(generator)
    with Trace(folder.trace(cell.run), keeps_answers=True) as trace:
        outcome = await solve(
            graph,
            problem.value,
            strategy=_strategy(study, cell),
            backprompter=problem.domain.backprompter(),
            budget=study.budget.budget(),
            within=ledger,
            select=study.select,
            seed=seed,
            trace=trace,
        )
    if _is_starved(outcome, study, ledger):
        return None
    row = run_row(
        outcome,
        answers=answering(graph),
        select=study.select,
        lost=paid.lost,
        run=cell.run,
        set=problem.set,
        problem=problem.id,
        problem_sha256=Problem.of(problem.value, domain=problem.domain.name).sha256,
        domain=problem.domain.name,
        model=cell.model,
        strategy=cell.strategy,
        repeat=cell.repeat,
    )
    folder.save(row, None if isinstance(outcome, Exhausted) else outcome.certificate)
    return row


def _is_starved(outcome: Outcome[Any], study: Study, ledger: Ledger) -> bool:
    """Whether it was the study's own budget, and not that of the run, which ended a run."""
    own, total = study.budget.budget(), study.total.budget()
    for name in Budget.__dataclass_fields__:
        limit, most = getattr(own, name), getattr(total, name)
        if most is None or outcome.stop_reason is not StopReason.of_limit(name):
            continue
        if limit is None:
            return True
        if name == "seconds":
            return bool(outcome.seconds < limit)
        # Whichever has less left refused the call that was next.
        left_of_total = most - _amount(ledger.spent + ledger.unconfirmed, name)
        return bool(left_of_total < limit - _amount(outcome.usage + outcome.unconfirmed, name))
    return False


def _amount(usage: Usage, name: str) -> float:
    amount: float = getattr(usage, name)
    return amount


def _seed(study: Study, cell: Cell) -> int:
    """A seed of its own for each repeat of each problem, the same for all strategies: they are compared on it."""
    about = f"{study.seed}\n{cell.problem.set}\n{cell.problem.id}\n{cell.repeat}"
    return int.from_bytes(hashlib.sha256(about.encode()).digest()[:4]) >> 1


def _strategy(study: Study, cell: Cell) -> Strategy:
    text = study.strategies[cell.strategy]
    return cell.problem.domain.strategy() if text == _DOMAINS_OWN else strategy_from_string(text)


def _generator(study: Study, cell: Cell, seed: int) -> Generator:
    entry = study.models[cell.model]
    if not entry.choose:
        return _single(entry, cell.problem, seed)
    return Models({name: _single(study.models[name], cell.problem, seed) for name in entry.choose})


def _single(entry: ModelEntry, problem: BenchProblem, seed: int) -> Generator:
    assert entry.model is not None
    domain = problem.domain
    temperature = entry.temperature
    if temperature is None and entry.model.partition(":")[0] == "local":
        temperature = domain.local_temperature
    generator = generator_from_string(
        entry.model,
        schema=domain.answer_schema(problem.value),
        problem_type=domain.problem_type,
        temperature=temperature,
        reasoning_effort=entry.reasoning_effort,
        max_output_tokens=entry.max_output_tokens,
        seed=seed,
    )
    if entry.input_usd_per_million is None or entry.output_usd_per_million is None:
        return generator
    price = Price(
        input_usd_per_million=entry.input_usd_per_million,
        output_usd_per_million=entry.output_usd_per_million,
        source="the study",
    )
    return Priced(generator, price)
