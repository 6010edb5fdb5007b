"""Measures how many of a set ``Adaptive`` certifies beside those who do not learn and who knows all; asserts nothing.

    python tests/performance/allotting.py [--problems N] [--seeds N] [--rounds N ..] [--world WORLD ..]

Everybody plays the same sets: a problem has the same luck in the same round. Intervals are of 95 %, over seeds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.modulo.strategies.sets import (
    WORLDS,
    adaptively,
    by_the_odds,
    equal_shares,
    in_rotation,
    problems,
)

_STEPS = 1.96


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rounds", type=int, nargs="+", default=[1, 2, 5, 20])
    parser.add_argument("--world", nargs="+", choices=WORLDS, default=WORLDS)
    arguments = parser.parse_args()
    print(
        "| world | rounds | equal shares | in rotation | who knows all | `Adaptive` | / equal | / rotation | µs |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for world in arguments.world:
        for rounds in arguments.rounds:
            print(_row(world, rounds, arguments.problems, range(arguments.seeds)), flush=True)


def _row(world: str, rounds: int, count: int, seeds: Sequence[int]) -> str:
    equal, rotation, best = (
        [player(problems(world, count, seed), rounds) for seed in seeds]
        for player in (equal_shares, in_rotation, by_the_odds)
    )
    adaptive, seconds, made = [], 0.0, 0.0
    for seed in seeds:
        played = problems(world, count, seed)
        began = time.process_time()
        adaptive.append(adaptively(played, rounds, seed=seed))
        seconds += time.process_time() - began
        made += sum(len(one.violations) for one in played)
    means = " | ".join(f"{sum(won) / len(won):.0f}" for won in (equal, rotation, best, adaptive))
    ratios = " | ".join(_ratio(adaptive, others) for others in (equal, rotation))
    return f"| {world} | {rounds} | {means} | {ratios} | {seconds / made * 1e6:.0f} |"


def _ratio(won: Sequence[int], others: Sequence[int]) -> str:
    """The ratio of two means of the same sets, with its interval (delta method)."""
    if not sum(others):
        return "-"
    ratio, n = sum(won) / sum(others), len(won)
    rests = [one - ratio * other for one, other in zip(won, others, strict=True)]
    deviation = (sum(rest * rest for rest in rests) / max(1, n - 1) / n) ** 0.5
    return f"{ratio:.2f} ± {_STEPS * deviation * n / sum(others):.2f}"


if __name__ == "__main__":
    main()
