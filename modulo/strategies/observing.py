"""What is seen of a run from round to round, as far as it tells of the next one."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from modulo.budget import Budget, Usage
from modulo.canonical import parse_json
from modulo.ledger import Ledger
from modulo.problem import Problem
from modulo.strategies.features import features_of_problem
from modulo.strategies.standings import Standing
from modulo.tree import Attempt

__all__ = ["Observer", "prices_under"]

_PRICED = ("rounds", "attempts", "calls", "tokens", "cost_usd")


class Observer:
    """Keeps how a problem stands.

    Args:
        problem: The problem.
        group: Its kind, if somebody knows it.
        prices: What one of each thing costs (``prices_under``).

    Attributes:
        standing: How it stands.
    """

    def __init__(self, problem: Problem[Any], group: Hashable, prices: Mapping[str, float]) -> None:
        canonical = problem.canonical
        features = features_of_problem(problem.domain, parse_json(canonical), len(canonical))
        self.standing = Standing(group=group, features=features)
        self._prices = prices
        self._seen = 0
        self._answers: set[str] = set()

    def see(self, attempts: Sequence[Attempt], *, certified: bool = False) -> None:
        """See the rounds that are over, all attempts of the run given; ``certified`` says so of the last one."""
        rounds: dict[int, list[Attempt]] = {}
        for attempt in attempts[self._seen :]:
            rounds.setdefault(attempt.round, []).append(attempt)
        self._seen = len(attempts)
        violations = [_fewest_violations(made) for made in rounds.values()]
        if certified and violations:
            violations[-1] = 0
        costs = [self._cost(made) for made in rounds.values()] if self._prices else []
        self.standing = replace(
            self.standing,
            violations=(*self.standing.violations, *violations),
            repeated=(*self.standing.repeated, *map(self._is_repeated, rounds.values())),
            costs=(*self.standing.costs, *costs),
            certified=certified and bool(violations),
        )

    def close(self) -> None:
        """Hear that the run has no further rounds."""
        self.standing = replace(self.standing, is_open=False)

    def _is_repeated(self, attempts: Sequence[Attempt]) -> bool:
        answers = {attempt.answer_key for attempt in attempts if attempt.generation}
        is_repeated = bool(answers) and answers <= self._answers
        self._answers |= answers
        return is_repeated

    def _cost(self, attempts: Sequence[Attempt]) -> float:
        bills = [attempt.generation.usage for attempt in attempts if attempt.generation]
        total = sum(filter(None, bills), Usage(rounds=1, attempts=len(attempts)))
        return math.fsum(price * getattr(total, name) for name, price in self._prices.items())


def prices_under(ledger: Ledger | None) -> Mapping[str, float]:
    """What share of the ledger's budget one of each thing is; none where it limits but rounds and time."""
    budget = ledger.budget if ledger else Budget()
    limits = {name: getattr(budget, name) for name in _PRICED}
    prices = {name: 1 / limit for name, limit in limits.items() if limit}
    return prices if prices.keys() - {"rounds"} else {}


def _fewest_violations(attempts: Sequence[Attempt]) -> int | None:
    """Of the answers of one round; None if nobody could judge one."""
    counts = [max(1, a.violation_count) for a in attempts if a.candidate is not None and a.judged]
    return min(counts, default=None)
