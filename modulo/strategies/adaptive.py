"""Where among many problems the next round is most likely to certify something."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import Struct

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.numeric import is_number
from modulo.settings import settings_of

__all__ = ["Adaptive", "Standing"]

_Key: TypeAlias = tuple[Hashable, ...]

_PRIOR_ROUNDS = 2.0
"""How many rounds' worth of evidence what is known of all problems is for those of a kind."""
_LONG = 8
"""Rounds from which on a run is as any other that is that long."""
_CONFIDENCE_STEPS = 1.645
"""Standard deviations from the mean to the one-sided 95 % bound."""


class Standing(Struct, frozen=True, kw_only=True):
    """How one of the problems stands.

    Attributes:
        group: Problems that are thought to be of one kind; their odds are learned together.
        violations: Violations of the best answer of each round so far; None for a round without one.
        certified: Whether the last round ended with a certificate.
        is_open: Whether it can have another round.
    """

    group: Hashable
    violations: tuple[int | None, ...] = ()
    certified: bool = False
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """Gives the next rounds to the problems where they are most likely to certify, by Thompson sampling.

    The hazard, which is the probability that the next round certifies, is learned from all rounds so far: by group of
    problem, by how many rounds were made, and by how much was still wrong. What is known of few rounds leans on what
    is known of more.

    Source: Thompson, "On the Likelihood that One Unknown Probability Exceeds Another" (1933); Damani et al.,
    "Learning How Hard to Think: Input-Adaptive Allocation of LM Computation" (2024).

    Attributes:
        worth_rounds: A run is given up when a certificate would take more rounds than this, as good as surely (95 %);
            None gives up none.
        least_rounds: Rounds that each run has before it can be given up.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    worth_rounds: float | None = None
    least_rounds: int = 2

    def __post_init__(self) -> None:
        if self.worth_rounds is not None and not (is_number(self.worth_rounds) and self.worth_rounds >= 1):
            raise ConfigurationError(
                f"Adaptive: worth_rounds must be a number of at least 1, not {self.worth_rounds!r}"
            )
        if type(self.least_rounds) is not int or self.least_rounds < 0:
            raise ConfigurationError(
                f"Adaptive: least_rounds must be a whole number, not {self.least_rounds!r}"
            )

    def ask(self, standings: Sequence[Standing], n: int, *, seed: int = 0) -> list[int]:
        """Which problems have the next round, n at most, by their place.

        Args:
            standings: How each problem stands.
            n: How many rounds can be made at the same time.
            seed: The same standings and seed give the same places.
        """
        odds = _Odds(standings)
        made = sum(len(standing.violations) for standing in standings)
        rng = random.Random(f"{seed} {made}")  # noqa: S311  a choice, not a secret
        drawn = {key: rng.betavariate(*odds.of(key)) for key in sorted(odds.open_keys(), key=repr)}
        places = [i for i, standing in enumerate(standings) if standing.is_open]
        # The draw decides among kinds; within a kind, whoever had fewer rounds goes first.
        places.sort(key=lambda i: (-drawn[_key(standings[i])], len(standings[i].violations), i))
        return places[:n]

    def reasons(self, standings: Sequence[Standing]) -> Mapping[int, str]:
        """The problems that are not worth another round, each with the reason."""
        if self.worth_rounds is None:
            return {}
        odds, found = _Odds(standings), {}
        for i, standing in enumerate(standings):
            if standing.is_open and len(standing.violations) >= self.least_rounds:
                likely = _upper_bound(*odds.of(_key(standing)))
                if likely * self.worth_rounds < 1:
                    found[i] = (
                        f"after {len(standing.violations)} rounds, one more certifies with a probability of at most "
                        f"{likely:.2%} (95 % bound), less than once in {self.worth_rounds:g} rounds"
                    )
        return found

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)


def _key(standing: Standing, after: int | None = None) -> _Key:
    """What the odds of the round after so many depend on."""
    rounds = len(standing.violations) if after is None else after
    wrong = standing.violations[rounds - 1] if rounds else None
    closeness = 3 if wrong is None else min(2, wrong.bit_length() - 1)
    return (standing.group, min(rounds, _LONG), closeness)


class _Odds:
    """How often a round certified, by kind."""

    def __init__(self, standings: Sequence[Standing]) -> None:
        self._standings = standings
        self._rounds: Counter[_Key] = Counter()
        self._wins: Counter[_Key] = Counter()
        for standing in standings:
            last = len(standing.violations) - 1
            for i in range(last + 1):
                for kind in _kinds(_key(standing, i)):
                    self._rounds[kind] += 1
                    self._wins[kind] += standing.certified and i == last
        self._known: dict[_Key, tuple[float, float]] = defaultdict()

    def open_keys(self) -> set[_Key]:
        return {_key(standing) for standing in self._standings if standing.is_open}

    def of(self, kind: _Key) -> tuple[float, float]:
        """The beta distribution of the hazard of a kind, which leans on that of the kind above it."""
        if kind not in self._known:
            above = self.of(kind[:-1]) if kind else (1.0, 1.0)
            mean = above[0] / sum(above)
            wins, rounds = self._wins[kind], self._rounds[kind]
            self._known[kind] = (
                _PRIOR_ROUNDS * mean + wins,
                _PRIOR_ROUNDS * (1 - mean) + rounds - wins,
            )
        return self._known[kind]


def _kinds(key: _Key) -> list[_Key]:
    return [key[:i] for i in range(len(key) + 1)]


def _upper_bound(wins: float, losses: float) -> float:
    n = wins + losses
    mean = wins / n
    return float(min(1.0, mean + _CONFIDENCE_STEPS * (mean * (1 - mean) / (n + 1)) ** 0.5))
