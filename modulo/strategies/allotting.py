"""Who has the next round, as a queue that learns from every round."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, TypeAlias

from modulo.strategies.hazards import Hazards, Outlook
from modulo.strategies.standings import Course, Standing, columns
from modulo.strategies.weights import Weights

__all__ = ["Allotment"]

_Entry: TypeAlias = tuple[float, int, int]
"""Minus the certificates for what they cost, rounds so far, and the place."""

_FRESHNESS: Final = 0.05
"""The queues are made anew after as many rounds as this share of the problems, or of the rounds so far."""


_NOISE: Final = 0.25
"""Variance of the logarithm of costs that are foretold."""


class Allotment:
    """The problems of a set in the order in which they should have their next rounds.

    Most rounds go to the problem that brings most certificates for what it costs, as far as is known. The others go
    by hazards drawn from what they may be (Thompson sampling), so that what is not known comes to be.

    Args:
        standings: How the problems stand, by their place.
        explores: Share of the rounds that go by drawn hazards.
        worth_rounds: As for ``Adaptive``.
        least_rounds: As for ``Adaptive``.
    """

    def __init__(
        self,
        standings: Sequence[Standing],
        *,
        explores: float,
        worth_rounds: float | None,
        least_rounds: int,
    ) -> None:
        self._explores = explores
        self._worth_rounds = worth_rounds
        self._least_rounds = least_rounds
        self._features = columns(standings)
        count = len(self._features[0]) if standings else 0
        self._hazards = Hazards(count)
        self._prices = Weights([0.0] * (count + 1), [1.0] * (count + 1))
        self._first_price: float | None = None
        self._courses = [Course() for _ in standings]
        self._numbers = [Hazards.numbers(*of) for of in zip(self._features, self._courses, strict=True)]
        self._waiting: set[int] = set()
        self._taken: set[int] = set()
        self._unsure: set[int] = set()
        self._queues: tuple[_Queue, ...] = ()
        self._made, self._renew_at, self._owed = 0, 0.0, 0.0
        # First rounds before second ones, as they will have been made.
        rounds = [(i, place) for place, one in enumerate(standings) for i in range(len(one.violations))]
        for i, place in sorted(rounds):
            self._hear(place, standings[place], i)
        for place, standing in enumerate(standings):
            self.tell(place, standing)

    def tell(self, place: int, standing: Standing) -> None:
        """Hear how a problem stands now. If it is open, it waits for a round."""
        for i in range(self._courses[place].rounds, len(standing.violations)):
            self._hear(place, standing, i)
        self._waiting.discard(place)
        self._taken.discard(place)
        if standing.is_open:
            self._waiting.add(place)
            self._unsure.add(place)
            for queue in self._queues:
                queue.put(place, self._courses[place].rounds)

    def take(self, n: int, *, seed: int) -> list[int]:
        """Who has the next rounds, n at most. They wait no more, until they are told of again."""
        if self._made >= self._renew_at or not self._queues:
            self._renew(random.Random(f"{seed} {self._made}"))  # noqa: S311  a choice, not a secret
        places: list[int] = []
        while self._waiting and len(places) < n:
            is_drawn = self._owed >= 1
            self._owed += self._explores - is_drawn
            place = self._next(self._queues[is_drawn])
            self._taken.add(place)
            places.append(place)
        return places

    def follow(self, standings: Sequence[Standing], changed: Iterable[int]) -> None:
        """Hear of changes, and of those that were taken and did not have their round."""
        again = [place for place in sorted(self._taken) if standings[place].is_open]
        for place in dict.fromkeys([*changed, *again]):
            self.tell(place, standings[place])

    def reasons(self) -> dict[int, str]:
        """Those that are not worth another round, with the reason, as far as that may have changed."""
        if self._worth_rounds is None:
            return {}
        outlook = self._hazards.outlook()
        unsure, self._unsure = sorted(self._unsure & self._waiting), set()
        found = {place: self._reason(place, outlook) for place in unsure}
        return {place: reason for place, reason in found.items() if reason is not None}

    def _reason(self, place: int, outlook: Outlook) -> str | None:
        rounds, numbers = self._courses[place].rounds, self._numbers[place]
        if self._worth_rounds is None or rounds < self._least_rounds:
            return None
        score = outlook.score(numbers)
        likely = outlook.certificates_a_round(score, rounds)
        if likely * self._worth_rounds < 1:
            score += self._hazards.surplus(numbers)
            likely = outlook.certificates_a_round(score, rounds)
        if likely * self._worth_rounds >= 1:
            return None
        return (
            f"after {rounds} rounds, further ones certify with a probability of at most {likely:.2%} each "
            f"(95 % bound), less than once in {self._worth_rounds:g} rounds"
        )

    def _hear(self, place: int, standing: Standing, i: int) -> None:
        """Learn from one round of a problem."""
        course, features = self._courses[place], self._features[place]
        certified = standing.certified and i == len(standing.violations) - 1
        self._hazards.learn(self._numbers[place], certified)
        cost = standing.costs[i] if i < len(standing.costs) else None
        repeated = i < len(standing.repeated) and standing.repeated[i]
        course.go_on(standing.violations[i], repeated=repeated, cost=cost)
        self._numbers[place] = Hazards.numbers(features, course)
        self._made += 1
        if i == 0 and not certified:
            self._hazards.began(course)
        if cost:
            price = math.log(cost)
            self._first_price = price if self._first_price is None else self._first_price
            self._prices.learn_number([1.0, *features], price - self._first_price, noise=_NOISE)

    def _renew(self, rng: random.Random) -> None:
        """Make the queues anew, from what is known by now."""
        self._queues = tuple(
            _Queue(partial(self._worth, self._hazards.outlook(chance))) for chance in (None, rng)
        )
        self._unsure |= self._waiting
        for queue in self._queues:
            queue.fill((place, self._courses[place].rounds) for place in self._waiting)
        self._renew_at = self._made + _FRESHNESS * max(len(self._waiting), self._made)

    def _next(self, queue: _Queue) -> int:
        """The first in a queue that still waits where it stood when it was put there."""
        while True:
            place, rounds = queue.get()
            if place in self._waiting and rounds == self._courses[place].rounds:
                self._waiting.remove(place)
                return place

    def _worth(self, outlook: Outlook, place: int) -> float:
        """Certificates for what they cost."""
        rounds = self._courses[place].rounds
        return outlook.certificates_a_round(outlook.score(self._numbers[place]), rounds) / self._price(place)

    def _price(self, place: int) -> float:
        """What the next round of a problem takes: what the one before took, or else what those of its like did."""
        cost = self._courses[place].cost
        if cost is not None or self._first_price is None:
            return cost or 1.0
        return math.exp(self._first_price + self._prices.score([1.0, *self._features[place]]))


class _Queue:
    """Places by what they are worth; among equals, whoever had fewer rounds goes first."""

    def __init__(self, worth: Callable[[int], float]) -> None:
        self._worth = worth
        self._entries: list[_Entry] = []

    def fill(self, places: Iterable[tuple[int, int]]) -> None:
        self._entries = [(-self._worth(place), rounds, place) for place, rounds in places]
        heapq.heapify(self._entries)

    def put(self, place: int, rounds: int) -> None:
        heapq.heappush(self._entries, (-self._worth(place), rounds, place))

    def get(self) -> tuple[int, int]:
        """A place, and the rounds that it had when it was put here."""
        _, rounds, place = heapq.heappop(self._entries)
        return place, rounds
