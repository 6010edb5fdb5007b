"""Where among many problems the next round is most likely to certify something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modulo.canonical import JsonValue
from modulo.errors import ConfigurationError
from modulo.numeric import is_number
from modulo.settings import settings_of
from modulo.strategies.allotting import Allotment
from modulo.strategies.standings import Standing, Standings

__all__ = ["Adaptive", "Standing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """Gives the next rounds to the problems where they bring most certificates for what they cost.

    The hazard, which is the probability that the next round certifies, is learned from all rounds of the set so far:
    from what is told of the problem, how many rounds it had, how much is wrong now and was on average, and how often
    answers were repeated. Where hazards rise from round to round, what later rounds bring counts too. Without
    evidence, problems with fewer rounds go first. Some rounds go by hazards that are drawn (Thompson sampling).

    Source: Thompson, "On the Likelihood that One Unknown Probability Exceeds Another" (1933); Gittins, "Bandit
    Processes and Dynamic Allocation Indices" (1979); Damani et al., "Learning How Hard to Think: Input-Adaptive
    Allocation of LM Computation" (2024).

    Attributes:
        worth_rounds: A run is given up when a certificate would take more rounds than this, as good as surely (95 %);
            None gives up none.
        least_rounds: Rounds that each run has before it can be given up.
        explores: Share of the rounds that go by drawn hazards, from 0 to 1.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    worth_rounds: float | None = None
    least_rounds: int = 2
    explores: float = 0.1

    def __post_init__(self) -> None:
        if self.worth_rounds is not None and not (is_number(self.worth_rounds) and self.worth_rounds >= 1):
            raise ConfigurationError(
                f"Adaptive: worth_rounds must be a number of at least 1, not {self.worth_rounds!r}"
            )
        if type(self.least_rounds) is not int or self.least_rounds < 0:
            raise ConfigurationError(
                f"Adaptive: least_rounds must be a whole number, not {self.least_rounds!r}"
            )
        if not is_number(self.explores) or not 0 <= self.explores <= 1:
            raise ConfigurationError(f"Adaptive: explores must be a number from 0 to 1, not {self.explores!r}")

    def ask(self, standings: Sequence[Standing], n: int, *, seed: int = 0) -> list[int]:
        """Which problems have the next round, n at most, by their place.

        Args:
            standings: How each problem stands.
            n: How many rounds can be made at the same time.
            seed: The same standings and seed give the same places.
        """
        return self._following(standings).take(n, seed=seed)

    def reasons(self, standings: Sequence[Standing]) -> Mapping[int, str]:
        """The problems that are not worth another round, each with the reason.

        Of ``Standings``, those for which that may have changed since they were asked of last.
        """
        return self._following(standings).reasons()

    def _following(self, standings: Sequence[Standing]) -> Allotment:
        """What is learned from the standings, and goes on with what was learned from them before."""
        if not isinstance(standings, Standings):
            return self._over(standings)
        changed = standings.take_changed()
        known = standings.memo.get("allotment")
        if not isinstance(known, Allotment):
            known = standings.memo["allotment"] = self._over(standings)
        known.follow(standings, changed)
        return known

    def _over(self, standings: Sequence[Standing]) -> Allotment:
        return Allotment(
            standings,
            explores=self.explores,
            worth_rounds=self.worth_rounds,
            least_rounds=self.least_rounds,
        )

    def describe(self) -> Mapping[str, JsonValue]:
        """The settings."""
        return settings_of(self)
