"""Sets of problems with known odds, played without the loop, so that allotting rounds can be compared with theory."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from modulo.strategies.adaptive import Adaptive, Standing
from modulo.strategies.standings import Standings

Odds = Callable[["Played", random.Random], tuple[bool, int, bool]]
"""Plays one round: whether it certifies, how much is wrong, and whether the answer is one that was given before."""


@dataclass
class Played:
    """A problem, and how it came along."""

    name: str
    odds: Odds
    certain: Callable[[int], float]
    """The hazard after so many rounds, for who knows all."""
    features: Mapping[str, float] = field(default_factory=dict)
    cost: float = 1.0
    violations: list[int] = field(default_factory=list)
    repeated: list[bool] = field(default_factory=list)

    def play(self) -> bool:
        rng = random.Random(f"{self.name} {len(self.violations)}")
        certified, wrong, repeats = self.odds(self, rng)
        self.violations.append(0 if certified else wrong)
        self.repeated.append(repeats)
        return certified

    def worth(self) -> float:
        """Certificates for what they cost, at best, for who knows the odds."""
        won, left, taken, best = 0.0, 1.0, 0.0, 0.0
        for ahead in range(40):
            hazard = self.certain(len(self.violations) + ahead)
            won, taken, left = won + left * hazard, taken + left, left * (1 - hazard)
            best = max(best, won / taken)
        return best / self.cost

    def standing(self, *, certified: bool = False) -> Standing:
        return Standing(
            features=self.features,
            violations=tuple(self.violations),
            repeated=tuple(self.repeated),
            costs=(self.cost,) * len(self.violations),
            certified=certified,
            is_open=not certified,
        )


def independent(chance: float) -> tuple[Odds, Callable[[int], float]]:
    """Every round certifies with the same probability."""
    return (lambda played, rng: (rng.random() < chance, 1, False)), lambda rounds: chance


def improving(first: float, gain: float) -> tuple[Odds, Callable[[int], float]]:
    """Every critique adds to the probability."""

    def certain(rounds: int) -> float:
        return min(1.0, first + gain * rounds)

    return (lambda played, rng: (rng.random() < certain(len(played.violations)), 1, False)), certain


def after(waits: int, chance: float) -> tuple[Odds, Callable[[int], float]]:
    """Nothing can be certified in the first rounds."""

    def certain(rounds: int) -> float:
        return chance if rounds >= waits else 0.0

    return (lambda played, rng: (rng.random() < certain(len(played.violations)), 1, False)), certain


def mistaken() -> tuple[Odds, Callable[[int], float]]:
    """Always the same wrong answer."""
    return (lambda played, rng: (False, 1, bool(played.violations))), lambda rounds: 0.0


def faulty(faults: int, mends: float) -> tuple[Odds, Callable[[int], float]]:
    """Every round mends each fault with the same probability, and those left are seen."""

    def odds(played: Played, rng: random.Random) -> tuple[bool, int, bool]:
        left = played.violations[-1] if played.violations else None
        now = faults if left is None else sum(rng.random() >= mends for _ in range(left))
        return now == 0, now, False

    def certain(rounds: int) -> float:
        done, before = (1 - (1 - mends) ** rounds) ** faults, (1 - (1 - mends) ** max(0, rounds - 1)) ** faults
        return (done - before) / (1 - before) if rounds and before < 1 else 0.0

    return odds, certain


def mixed(seed: int, i: int) -> tuple[float, int]:
    kind = random.Random(f"{seed} {i}").randrange(4)
    return (0.5, 0.12, 0.02, 0.0)[kind], kind


def problem(world: str, seed: int, i: int) -> Played:
    """One problem of a world."""
    rng = random.Random(f"{world} {seed} {i}")
    name, number = f"{world} {seed} {i}", {"number": float(i)}
    chance, kind = mixed(seed, i)
    kinds = {**number, f"kind {kind}": 1.0}
    made: Played
    match world:
        case "mixed, seen":
            made = Played(name, *independent(chance), kinds)
        case "mixed, hidden":
            made = Played(name, *independent(chance), number)
        case "mixed, features that tell nothing":
            made = Played(name, *independent(chance), {f"f{j}": rng.gauss(5, 2) for j in range(12)})
        case "size tells, roughly":
            size = rng.uniform(2, 9)
            odds = 1 / (1 + 2.718 ** (size - 2.5 + rng.gauss(0, 1)))
            made = Played(name, *independent(odds), {**number, "size": size})
        case "0 to 0.6, a third impossible":
            made = Played(name, *independent(rng.uniform(0.01, 0.6) * (rng.random() < 2 / 3)), number)
        case "all 0.1":
            made = Played(name, *independent(0.1), number)
        case "all improve":
            made = Played(name, *improving(0.02, 0.05), number)
        case "some improve":
            both = ((0.3, 0.05), (0.05, 0.1), (0.02, 0.05), (0.0, 0.03), (0.0, 0.0))[rng.randrange(5)]
            made = Played(name, *improving(*both), number)
        case "half after 3 rounds, half never":
            made = Played(name, *after(3, rng.choice((0.5, 0.0))), number)
        case "half mistaken":
            made = Played(name, *(mistaken() if rng.random() < 0.5 else independent(0.2)), number)
        case "faults mended":
            mends = rng.choice((0.4, 0.15, 0.03, 0.0))
            made = Played(name, *faulty(rng.randint(1, 8), mends), number)
        case "costs seen":
            dear = rng.randrange(2)
            made = Played(name, *independent(chance), {**number, f"dear {dear}": 1.0}, cost=(1.0, 8.0)[dear])
        case "costs hidden":
            made = Played(name, *independent(chance), number, cost=rng.choice((1.0, 8.0)))
        case _:
            raise ValueError(world)
    return made


WORLDS = (
    "mixed, seen",
    "size tells, roughly",
    "mixed, hidden",
    "mixed, features that tell nothing",
    "0 to 0.6, a third impossible",
    "all 0.1",
    "all improve",
    "some improve",
    "half after 3 rounds, half never",
    "half mistaken",
    "faults mended",
    "costs seen",
    "costs hidden",
)


def problems(world: str, count: int, seed: int) -> list[Played]:
    return [problem(world, seed, i) for i in range(count)]


def budget_of(played: Sequence[Played], rounds: float) -> float:
    """What so many rounds a problem cost on average."""
    return rounds * sum(one.cost for one in played)


def equal_shares(played: Sequence[Played], rounds: float) -> int:
    """Certified, if each problem has the same budget, and leaves what it does not need."""
    share = budget_of(played, rounds) / len(played)
    return sum(any(one.play() for _ in range(int(share / one.cost + 1e-9))) for one in played)


def in_rotation(played: Sequence[Played], rounds: float) -> int:
    """Certified, if those that are open have one round each, again and again, until the budget is gone."""
    left, won, queue = budget_of(played, rounds), 0, deque(played)
    while queue:
        one = queue.popleft()
        if one.cost <= left:
            left -= one.cost
            if one.play():
                won += 1
            else:
                queue.append(one)
    return won


def by_the_odds(played: Sequence[Played], rounds: float) -> int:
    """Certified, if whoever brings most by the true odds goes first."""
    left, won = budget_of(played, rounds), 0
    queue = [(-one.worth(), i) for i, one in enumerate(played)]
    heapq.heapify(queue)
    while queue:
        _, i = heapq.heappop(queue)
        if played[i].cost > left:
            continue
        left -= played[i].cost
        if played[i].play():
            won += 1
        else:
            heapq.heappush(queue, (-played[i].worth(), i))
    return won


def adaptively(played: Sequence[Played], rounds: float, *, seed: int = 0, at_a_time: int = 16) -> int:
    """Certified, as ``Adaptive`` allots rounds."""
    left, won = budget_of(played, rounds), 0
    standings = Standings(one.standing() for one in played)
    while places := Adaptive().ask(standings, at_a_time, seed=seed):
        for place in sorted(places):
            if played[place].cost > left:
                standings.change(place, replace(standings[place], is_open=False))
                continue
            left -= played[place].cost
            certified = played[place].play()
            won += certified
            standings.change(place, played[place].standing(certified=certified))
    return won
