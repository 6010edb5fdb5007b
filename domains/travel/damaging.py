"""Plans that are damaged in place: how a fault looks, and the entries that it changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from modulo.domains.travel.problem import TravelProblem

__all__ = ["MEALS", "Days", "Fault", "given_entries", "replaced"]

Days: TypeAlias = list[dict[str, Any]]
Fault: TypeAlias = Callable[[TravelProblem, Days, random.Random], bool]
"""It damages a plan in place and says whether it changed anything."""

MEALS: Final = ("breakfast", "lunch", "dinner")


def given_entries(days: Days, *keys: str) -> list[tuple[dict[str, Any], str]]:
    """The days and keys of all entries of some kinds that are not left out."""
    return [(day, key) for day in days for key in keys if day[key] != "-"]


def replaced(days: Days, rng: random.Random, change: Callable[[str], str], *keys: str) -> bool:
    """Change one given entry of some kind; every other time the last one."""
    given = given_entries(days, *keys)
    if not given:
        return False
    day, key = given[-1] if rng.random() < 0.5 else rng.choice(given)
    before = day[key]
    day[key] = change(before)
    return bool(day[key] != before)
