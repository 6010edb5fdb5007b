"""Answers for a judge: as many right as wrong ones, and wrong ones that are nearly right."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from modulo.batch import check_one
from modulo.canonical import JsonValue
from modulo.domain import Domain
from modulo.errors import ConfigurationError
from modulo.graph import Graph
from modulo.specimens import Specimens, Variant

__all__ = ["JudgeCase", "draw_cases"]

_PROBLEMS_A_CASE: Final = 20
"""How many problems are drawn for each answer before it is given up to find one."""
_TRIES_A_PROBLEM: Final = 8
_MOST_VARIANTS: Final = 400


class JudgeCase(Struct, frozen=True, kw_only=True):
    """One answer that a judge is asked about.

    Attributes:
        number: Its place in the sample.
        problem: The problem.
        document: The answer.
        family: How it was made.
        is_right: What the critics say of it.
    """

    number: int
    problem: Any
    document: JsonValue
    family: str
    is_right: bool


async def draw_cases(domain: Domain[Any], n: int, *, seed: int) -> Sequence[JudgeCase]:
    """A sample of n answers, half of them right, about as many wrong ones of each kind of damage as of any other.

    Right and wrong are what the domain's critics say, which must also be what the specimens say. No problem has
    two right or two wrong answers in it.

    Raises:
        ConfigurationError: The domain has no specimens, or too few that its critics decide as expected.
    """
    specimens = domain.specimens()
    if specimens is None:
        raise ConfigurationError(f"the domain {domain.name!r} has no specimens to show to a judge")
    drawing = _Drawing(domain, specimens, seed)
    found = [case async for case in drawing.cases(n)]
    if len(found) < n:
        raise ConfigurationError(
            f"the specimens of {domain.name!r} gave only {len(found)} answers of the {n} that are wanted, half of"
            " them right and half of them readable and wrong"
        )
    return found


class _Drawing:
    def __init__(self, domain: Domain[Any], specimens: Specimens[Any], seed: int) -> None:
        self._domain, self._specimens, self._seed = domain, specimens, seed
        self._graph: Graph = domain.graph_for_checking()
        self._used: Counter[str] = Counter()

    async def cases(self, n: int) -> AsyncIterator[JudgeCase]:
        number = 0
        for place in range(_PROBLEMS_A_CASE * n):
            rng = random.Random(f"{self._seed}/{place}")  # noqa: S311  a seed repeats a sample
            specimen = self._specimens.draw(rng)
            is_right = number % 2 == 0
            variants = self._right(specimen, rng) if is_right else self._wrong(specimen, rng)
            chosen = await self._first(specimen.problem, variants, "accept" if is_right else "reject")
            if chosen is None:
                continue
            yield JudgeCase(
                number=number,
                problem=specimen.problem,
                document=chosen.document,
                family=chosen.family,
                is_right=is_right,
            )
            number += 1
            if number == n:
                return

    def _right(self, specimen: Any, rng: random.Random) -> Iterator[Variant]:
        yield Variant("gold", rng.choice(specimen.answers))

    def _wrong(self, specimen: Any, rng: random.Random) -> Iterator[Variant]:
        """One of each kind of damage, the kinds that were used least first."""
        kinds: dict[str, list[Variant]] = {}
        for variant in islice(self._specimens.damaged(specimen, rng), _MOST_VARIANTS):
            kinds.setdefault(variant.family, []).append(variant)
        families = rng.sample([*kinds], len(kinds))
        for family in sorted(families, key=self._used.__getitem__):
            yield rng.choice(kinds[family])

    async def _first(self, problem: Any, variants: Iterator[Variant], verdict: str) -> Variant | None:
        for variant in islice(variants, _TRIES_A_PROBLEM):
            if _is_read(self._domain.read_candidate, variant.document, problem):
                checked = await check_one(self._domain, problem, variant.document, graph=self._graph)
                right = self._specimens.is_right(problem, variant.document)
                if checked.verdict == verdict and right in (None, verdict == "accept"):
                    self._used[variant.family] += 1
                    return variant
        return None


def _is_read(read: Callable[[Any, Any], Any], document: JsonValue, problem: Any) -> bool:
    """Whether it has the form of an answer: what has not is no test of a judge."""
    try:
        read(document, problem)
    except ValueError:
        return False
    return True
