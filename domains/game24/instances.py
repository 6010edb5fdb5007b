"""Seeded instances with a known answer, made backwards from the target."""

from __future__ import annotations

import random

from modulo.domains.game24.problem import MAX_NUMBERS, Game24Problem
from modulo.errors import ConfigurationError

__all__ = ["generate"]

_TRIES = 20_000


def generate(
    *, count: int = 4, largest: int = 13, target: int = 24, seed: int = 0
) -> tuple[Game24Problem, str]:
    """Numbers, and an expression of them that has the target's value.

    A number is replaced by a sum, difference, product or quotient of two others with its value, again and again. All
    values on the way are positive integers.

    Args:
        count: How many numbers.
        largest: The largest number, at least 1; numbers begin with 1.
        target: What they make, at least 1.
        seed: The same seed gives the same instance.

    Returns:
        The problem, with its numbers in ascending order, and one expression that solves it.

    Raises:
        ConfigurationError: The settings make no sense, or no instance was found.
    """
    if not 1 <= count <= MAX_NUMBERS or largest < 1 or target < 1:
        raise ConfigurationError(f"no puzzle has {count} numbers of up to {largest} that make {target}")
    rng = random.Random(seed)  # noqa: S311  puzzles, not secrets
    for _ in range(_TRIES):
        parts: list[int | str] = [target]
        while sum(isinstance(part, int) for part in parts) < count:
            parts = _with_one_replaced(parts, largest, rng)
        numbers = sorted(part for part in parts if isinstance(part, int))
        if numbers[-1] <= largest:
            return Game24Problem(numbers=tuple(numbers), target=target), _bare(parts)
    raise ConfigurationError(f"found no {count} numbers of up to {largest} that make {target}")


def _with_one_replaced(parts: list[int | str], largest: int, rng: random.Random) -> list[int | str]:
    places = [place for place, part in enumerate(parts) if isinstance(part, int)]
    # A number that is too large must go in the end.
    place = max(places, key=lambda place: (int(parts[place]) > largest, rng.random()))
    value = parts[place]
    assert isinstance(value, int)
    left, symbol, right = rng.choice(_ways(value, largest, rng))
    return [*parts[:place], "(", left, f" {symbol} ", right, ")", *parts[place + 1 :]]


def _ways(value: int, largest: int, rng: random.Random) -> list[tuple[int, str, int]]:
    other = rng.randint(1, largest)
    divisors = [number for number in range(2, largest + 1) if value % number == 0]
    factor = rng.choice(divisors or [1])
    ways = [
        (value + other, "-", other),
        (value * other, "/", other),
        (factor, "*", value // factor),
        (value // factor, "*", factor),
    ]
    if value > 1:
        part = rng.randint(1, min(value - 1, largest))
        ways += [(part, "+", value - part), (value - part, "+", part)]
    return ways


def _bare(parts: list[int | str]) -> str:
    """The expression without the parentheses around all of it."""
    inner = parts[1:-1] if len(parts) > 1 else parts
    return "".join(map(str, inner))
