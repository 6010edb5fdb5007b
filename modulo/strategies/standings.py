"""How the problems of a set stand, as numbers that the odds of the next round may depend on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from operator import mul
from typing import Any, Final

from msgspec import Struct

__all__ = ["Course", "Standing", "Standings", "columns"]

_COLUMNS: Final = 12
_GROUP: Final = "group of problems: "
_SEEN: Final = 3
"""Problems that must have a feature before it can tell anything."""
_FURTHEST: Final = 3.0
"""Standard deviations from the mean beyond which a number tells no more."""
_SAME: Final = 0.999
"""Correlation of features that tell the same."""


class Standing(Struct, frozen=True, kw_only=True):
    """How one of the problems stands.

    Attributes:
        group: Problems that are thought to be of one kind.
        features: What can be told of the problem, as numbers by name. One that is missing is 0.
        violations: Violations of the best answer of each round so far; None for a round without one.
        repeated: For each round, whether all of its answers had been given before; none tells nothing.
        costs: For each round, what it took, in any unit; none takes all rounds to cost the same.
        certified: Whether the last round ended with a certificate.
        is_open: Whether it can have another round.
    """

    group: Hashable = None
    features: Mapping[str, float] = {}
    violations: tuple[int | None, ...] = ()
    repeated: tuple[bool, ...] = ()
    costs: tuple[float, ...] = ()
    certified: bool = False
    is_open: bool = True


class Standings(list[Standing]):
    """How all problems of a set stand, for who asks again and again as that changes.

    Args:
        standings: How they stand at first.

    Attributes:
        memo: Who allots rounds may keep here what is learned from the standings.
    """

    def __init__(self, standings: Iterable[Standing]) -> None:
        super().__init__(standings)
        self.memo: dict[str, Any] = {}
        self._changed: dict[int, None] = {}

    def change(self, place: int, standing: Standing) -> None:
        """Say how a problem stands now."""
        self[place] = standing
        self._changed[place] = None

    def take_changed(self) -> list[int]:
        """The places that changed since the last time, in the order in which they did first."""
        changed, self._changed = [*self._changed], {}
        return changed


class Course:
    """How a problem came to where it stands.

    Attributes:
        rounds: How many it had.
        wrong: Violations of the latest answer, by their logarithm.
        cost: Of the latest round; None before there is one.
    """

    __slots__ = ("_repeats", "_total", "_unread", "cost", "rounds", "wrong")

    def __init__(self) -> None:
        self.rounds = 0
        self.wrong = 0.0
        self.cost: float | None = None
        self._total = 0.0
        self._unread = 0.0
        self._repeats = 0

    def go_on(self, violations: int | None, *, repeated: bool, cost: float | None) -> None:
        """Hear of a round. An answer that nobody could read is as wrong as the one before."""
        self.rounds += 1
        self._unread = float(violations is None)
        if violations is not None:
            self.wrong = math.log2(1 + violations)
        self._total += self.wrong
        self._repeats += repeated
        self.cost = cost

    def numbers(self) -> tuple[float, float, float, float]:
        """Violations now and on average, whether there is an answer, and how often answers were repeated."""
        average = self._total / self.rounds if self.rounds else 0.0
        return self.wrong, average, self._unread, math.log2(1 + self._repeats)


def columns(standings: Sequence[Standing]) -> list[tuple[float, ...]]:
    """What tells problems apart, for each problem: its group, and the features that most problems have.

    Numbers are scaled to mean 0 and deviation 1. Of features that tell the same, one is kept.
    """
    rows = [_of_problem(standing) for standing in standings]
    seen = Counter(name for row in rows for name, value in row.items() if value)
    kept: list[list[float]] = []
    scales: list[list[float]] = []
    for name in sorted(seen, key=lambda name: (not name.startswith(_GROUP), -seen[name], name)):
        if seen[name] < _SEEN:
            continue
        values = [row.get(name, 0.0) for row in rows]
        scaled = _scaled(values)
        if scaled and not any(abs(sum(map(mul, scaled, other))) > _SAME * len(rows) for other in scales):
            scales.append(scaled)
            is_yes_or_no = set(values) == {0.0, 1.0}
            kept.append(values if is_yes_or_no else [max(-_FURTHEST, min(_FURTHEST, x)) for x in scaled])
        if len(kept) == _COLUMNS:
            break
    return [*zip(*kept, strict=True)] if kept else [()] * len(rows)


def _of_problem(standing: Standing) -> dict[str, float]:
    group = {} if standing.group is None else {f"{_GROUP}{standing.group!r}": 1.0}
    return {**standing.features, **group}


def _scaled(values: Sequence[float]) -> list[float] | None:
    """Values of mean 0 and deviation 1; None if they do not differ."""
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    if not 0 < variance < math.inf:
        return None
    deviation = math.sqrt(variance)
    return [(value - mean) / deviation for value in values]
