"""The runs that a study consists of, and the parts that each is made with."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

from msgspec import Struct

from modulo.bench.pricing import Priced
from modulo.bench.problem_sets import BenchProblem, problems_of
from modulo.bench.sharing import budget_of_all, shared_from_string
from modulo.bench.study import ModelEntry, Study
from modulo.errors import ConfigurationError
from modulo.generators.choice import Models
from modulo.generators.models import generator_from_string
from modulo.generators.price import Price
from modulo.protocols import Generator, Strategy
from modulo.strategies.named import strategy_from_string
from modulo.tool_loop import with_tools_of

__all__ = ["Cell", "generator_of", "runs_of", "strategy_of"]

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


def runs_of(study: Study, *, base: Path) -> tuple[Cell, ...]:
    """The runs of a study: problem by problem, so that strategies are compared fairly where a budget ends it.

    Args:
        study: The study.
        base: The folder that its files are relative to.

    Raises:
        ConfigurationError: Its problems cannot be had, it names a strategy that there is not, or two runs would have
            the same name.
    """
    for text in study.strategies.values():
        shared = shared_from_string(text)
        if shared is not None:
            budget_of_all(study.budget.budget(), 1)
            text = shared.strategy
        if text != _DOMAINS_OWN:
            strategy_from_string(text)
    cells = tuple(
        Cell(problem=problem, model=model, strategy=strategy, repeat=repeat)
        for given in study.problems
        for problem in problems_of(given, base=base)
        for repeat in range(study.repeats)
        for model, strategy in study.pairs
    )
    twice = next((run for run, times in Counter(cell.run for cell in cells).items() if times > 1), None)
    if twice is not None:
        raise ConfigurationError(
            f"two runs would both be called {twice!r}, because names in the study have slashes in them; rename a set "
            "of problems, a model or a strategy"
        )
    return cells


def strategy_of(study: Study, cell: Cell) -> Strategy:
    """What a run does, or what it does with its turns of a shared budget."""
    text = study.strategies[cell.strategy]
    shared = shared_from_string(text)
    text = shared.strategy if shared else text
    return cell.problem.domain.strategy() if text == _DOMAINS_OWN else strategy_from_string(text)


def generator_of(study: Study, cell: Cell, seed: int) -> Generator:
    """The model of a run, or those that its strategy chooses of.

    Raises:
        ModuloError: There is no such model, or it cannot be had.
    """
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
    if entry.input_usd_per_million is not None and entry.output_usd_per_million is not None:
        price = Price(
            input_usd_per_million=entry.input_usd_per_million,
            output_usd_per_million=entry.output_usd_per_million,
            source="the study",
        )
        generator = Priced(generator, price)
    return with_tools_of(domain, generator) if entry.tools else generator
