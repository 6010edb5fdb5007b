"""Several partial answers at a time, of which the best are gone on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import islice

from modulo.canonical import JsonValue
from modulo.generators.llm_options import check_sampling
from modulo.protocols import Expansion, Strategy
from modulo.settings import settings_of
from modulo.strategies.arms import folded
from modulo.strategies.counts import check_counts
from modulo.strategies.positions import Position, Positions
from modulo.tree import Attempt, Tree

__all__ = ["BeamSearch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamSearch(Strategy):
    """Asks several times from each place in the beam, and takes the best places found, ``width`` of them, next.

    Places are beginnings of answers where the generator has ``Steps``, else whole answers to be repaired, fewest
    violations first. A place that was not good enough is not thrown away: it comes up when nothing better is left.

    Source: Lowerre, "The HARPY Speech Recognition System" (1976); Zhou and Hansen, "Beam-Stack Search" (2005), for
    coming back to what was left out; Yao et al., "Tree of Thoughts" (2023), for thoughts as places.

    Attributes:
        width: Places in the beam.
        samples: Answers asked for from each of them.
        restarts: How often a full beam of new answers is asked for when no place is left; then it is stuck.
        temperature: Softmax temperature; None leaves it to the generator. With 0, samples are all the same.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    width: int = 3
    samples: int = 3
    restarts: int = 10
    temperature: float | None = None

    def __post_init__(self) -> None:
        check_counts(self, "width", "samples", "restarts")
        check_sampling(temperature=self.temperature)

    def ask(self, tree: Tree, n: int) -> Sequence[Expansion]:
        """What is still missing from the places in the beam."""
        kept_as = f"beam of {self.width} by {self.samples}, {self.restarts} restarts"
        beam = folded(tree, kept_as, lambda: _Beam(self, tree), _Beam.take)
        wanted = (
            beam.positions.expansion(place, tree, place.asked + nth, self.temperature)
            for place, missing in beam.missing.values()
            for nth in range(min(n, missing))
        )
        return [*islice(filter(None, wanted), n)]

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)


class _Beam:
    """Where a search stands."""

    def __init__(self, search: BeamSearch, tree: Tree) -> None:
        self._search = search
        self._waiting: list[tuple[float, int]] = []
        self._restarts = search.restarts
        self.positions = Positions(tree)
        self.missing: dict[int, tuple[Position, int]] = self._fresh()

    def take(self, attempt: Attempt) -> None:
        """Note what was found; once the beam is through, the best places are the next one."""
        found = self.positions.note(attempt)
        for place in found.new:
            heappush(self._waiting, (-place.score, place.id))
        place, missing = self.missing.get(found.origin.id, (found.origin, 0))
        # What has no room for a further answer has none for the others either.
        if missing > 1 and attempt.error_kind != "context_overflow":
            self.missing[place.id] = (place, missing - 1)
        else:
            self.missing.pop(place.id, None)
        if not self.missing:
            self.missing = self._next()

    def _next(self) -> dict[int, tuple[Position, int]]:
        best = [heappop(self._waiting)[1] for _ in range(min(self._search.width, len(self._waiting)))]
        if best:
            return {number: (self.positions.all[number], self._search.samples) for number in best}
        if not self._restarts:
            return {}
        self._restarts -= 1
        return self._fresh()

    def _fresh(self) -> dict[int, tuple[Position, int]]:
        return {0: (self.positions.root, self._search.width * self._search.samples)}
