"""How likely the next rounds of problems are to certify, learned from all rounds of a set so far."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from operator import mul
from typing import Final

from modulo.strategies.standings import Course
from modulo.strategies.weights import Weights, probability

__all__ = ["Hazards", "Outlook"]

_STEPS: Final = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 23)
"""Rounds from which on the odds may be others than before."""
_OWN: Final = 6 + len(_STEPS)
"""How many numbers there are of a course; those of the problem itself stand before them."""
_PRIOR: Final = (
    # The constant, the rounds by their logarithm, violations now and on average, no answer, repeats, the steps.
    # Without evidence, odds fall from round to round: who is left is more difficult.
    *((-1.5, 1.5), (-0.5, 0.5), (-0.3, 0.5), (0.0, 0.5), (-0.5, 0.7), (-0.7, 0.7)),
    *((-0.3, 0.5),) * len(_STEPS),
)
"""Mean and deviation of the weight of each number of a course."""
_OF_PROBLEMS: Final = 1.5
"""Deviation of the log-odds by all that is told of the problems together."""
_AHEAD: Final = 12
"""Rounds to look ahead."""
_CONFIDENCE_STEPS: Final = 1.645
"""Standard deviations from the mean to the one-sided 95 % bound."""


class Hazards:
    """What is known of the hazard, the probability that the next round certifies.

    Two regressions learn it: from how problems come along, and from that together with what they are. The one that
    has foretold the outcomes better so far is believed, so that features that tell nothing do no harm.

    Source: Cox, "Regression Models and Life-Tables" (1972), section 6, for logistic regressions of discrete hazards.

    Args:
        features: How many numbers there are of each problem.
    """

    def __init__(self, features: int) -> None:
        means, deviations = zip(*_PRIOR, strict=True)
        self._features = features
        self._plain = Weights(means, deviations)
        shares = [_OF_PROBLEMS / math.sqrt(features)] * features if features else []
        self._full = Weights([0.0] * features + [*means], [*shares, *deviations])
        self._began = 0
        self._wrong = 0.0
        self._unread = 0.0

    @staticmethod
    def numbers(features: Sequence[float], course: Course) -> list[float]:
        """All that the hazard depends on."""
        rounds = course.rounds
        steps = [1.0 if rounds >= step else 0.0 for step in _STEPS]
        return [*features, 1.0, math.log2(1 + rounds), *course.numbers(), *steps]

    def learn(self, numbers: Sequence[float], certified: bool) -> None:
        """Hear what came of a round that began at these numbers."""
        self._plain.learn(numbers[self._features :], certified)
        if self._features:
            self._full.learn(numbers, certified)

    def began(self, course: Course) -> None:
        """Hear how a problem stands after its first round."""
        wrong, _, unread, _ = course.numbers()
        self._began += 1
        self._wrong += wrong
        self._unread += unread

    def outlook(self, rng: random.Random | None = None) -> Outlook:
        """The hazards as they most likely are, or, with a source of chance, as they may be."""
        weights = self._weights()
        drawn = weights.mean if rng is None else weights.draw(rng)
        padding = [0.0] * (self._features + _OWN - len(drawn))
        average = (self._wrong / self._began, self._unread / self._began) if self._began else (0.0, 0.0)
        return Outlook([*padding, *drawn], average)

    def surplus(self, numbers: Sequence[float]) -> float:
        """Log-odds from the mean to the 95 % bound of the hazard."""
        weights = self._weights()
        return _CONFIDENCE_STEPS * weights.deviation(numbers[len(numbers) - len(weights.mean) :])

    def _weights(self) -> Weights:
        knows_more = self._features and self._full.evidence > self._plain.evidence
        return self._full if knows_more else self._plain


class Outlook:
    """What further rounds bring, if the weights are these.

    Args:
        weights: Of each number.
        average: Violations, by their logarithm, and the share without an answer, of problems that had one round.
    """

    __slots__ = ("_first", "_known", "_levels", "_own", "_weights")

    def __init__(self, weights: list[float], average: tuple[float, float]) -> None:
        self._weights = weights
        own = self._own = weights[len(weights) - _OWN :]
        self._first = (own[2] + own[3]) * average[0] + own[4] * average[1]
        self._levels: dict[int, float] = {}
        self._known: dict[tuple[int, int], float] = {}

    def score(self, numbers: Sequence[float]) -> float:
        """The log-odds that the next round certifies."""
        return sum(map(mul, self._weights, numbers), 0.0)

    def certificates_a_round(self, score: float, rounds: int) -> float:
        """Certificates for each round, if a problem with these log-odds has as many more as are best for that.

        Where odds fall, that is the next one alone. Where they rise, rounds that bring little pay for later ones.

        Source: Gittins, "Bandit Processes and Dynamic Allocation Indices" (1979).
        """
        key = (round(score * 10), rounds)
        if key not in self._known:
            self._known[key] = self._look_ahead(key[0] / 10, rounds)
        return self._known[key]

    def _look_ahead(self, score: float, rounds: int) -> float:
        won = best = probability(score)
        left, taken = 1 - won, 1.0
        rest = score - self._level(rounds) + (0.0 if rounds else self._first)
        for ahead in range(1, _AHEAD):
            likely = probability(rest + self._level(rounds + ahead))
            taken += left
            won += left * likely
            left *= 1 - likely
            best = max(best, won / taken)
        return best

    def _level(self, rounds: int) -> float:
        """What having had so many rounds adds to the log-odds."""
        if rounds not in self._levels:
            steps = sum(weight for weight, step in zip(self._own[6:], _STEPS, strict=True) if rounds >= step)
            self._levels[rounds] = steps + self._own[1] * math.log2(1 + rounds)
        return self._levels[rounds]
