"""Strategies of a study that spend one budget over a set of problems: ``adaptive:at_a_time=2,strategy=refine``."""

from __future__ import annotations

from typing import Final

import anyio
from msgspec import Struct
from msgspec.structs import replace

from modulo.budget import Budget
from modulo.clock import Clock, SystemClock
from modulo.errors import ConfigurationError
from modulo.options import Gate
from modulo.strategies.adaptive import Adaptive
from modulo.strategies.named import settings_in
from modulo.tree import Tree

__all__ = ["Doorway", "Shared", "budget_of_all", "shared_from_string"]

_NAME: Final = "adaptive"
_STRATEGY: Final = "strategy="
_NOT_SHARED: Final = ("seconds",)


class Shared(Struct, frozen=True, kw_only=True):
    """A strategy whose runs on the problems of a set have one budget together.

    Attributes:
        allocation: Who has the next round.
        at_a_time: Rounds that are given out at once. With fewer, more is known when the next ones are; with as many
            as there are problems, all have equally many.
        strategy: What each run does with its rounds, as a study names strategies.
    """

    allocation: Adaptive
    at_a_time: int = 4
    strategy: str = "domain"


def shared_from_string(text: str) -> Shared | None:
    """The shared strategy that a text names; None if it names one that has a budget for each run.

    Args:
        text: ``adaptive``, perhaps with settings: ``adaptive:SETTING=VALUE,strategy=STRATEGY``. ``strategy`` is the
            last one, since the settings of that strategy are behind it.

    Raises:
        ConfigurationError: There is no such setting, or a value makes no sense.
    """
    name, _, rest = text.partition(":")
    if name != _NAME or "|" in rest.partition(_STRATEGY)[0]:
        return None
    own, has_strategy, strategy = rest.partition(_STRATEGY)
    settings = settings_in(_NAME, own)
    at_a_time = settings.pop("at_a_time", 4)
    if type(at_a_time) is not int or at_a_time < 1:
        raise ConfigurationError(
            f"strategy 'adaptive': at_a_time must be a whole number of at least 1, not {at_a_time!r}"
        )
    known = [*Adaptive.__dataclass_fields__, "at_a_time", "strategy"]
    unknown = sorted(settings.keys() - set(known))
    if unknown:
        raise ConfigurationError(
            f"strategy 'adaptive' has no setting {', '.join(unknown)}; it has {', '.join(known)}, of which strategy "
            "comes last"
        )
    made = Shared(allocation=Adaptive(**settings), at_a_time=at_a_time)
    return replace(made, strategy=strategy) if has_strategy else made


def budget_of_all(budget: Budget, runs: int) -> Budget:
    """What so many runs have together, if each could have spent a budget.

    Raises:
        ConfigurationError: It limits something that runs do not share.
    """
    for name in _NOT_SHARED:
        if getattr(budget, name) is not None:
            raise ConfigurationError(
                f"a strategy 'adaptive' shares rounds, attempts, calls, tokens and dollars, but no {name}: runs wait "
                f"for each other; take {name} out of the study's budget, or limit the total"
            )
    limits = {name: getattr(budget, name) for name in Budget.__dataclass_fields__}
    return Budget(**{name: None if limit is None else limit * runs for name, limit in limits.items()})


class Doorway:
    """A gate at which a run waits for its turn, and then for a place among all that runs at the same time.

    Args:
        gate: Gives out turns.
        places: Places of the study.
        clock: Source of time.

    Attributes:
        waited: How long it waited, in seconds.
    """

    def __init__(self, gate: Gate, places: anyio.Semaphore, clock: Clock | None = None) -> None:
        self._gate = gate
        self._places = places
        self._clock = clock or SystemClock()
        self._is_inside = False
        self.waited = 0.0

    async def __call__(self, tree: Tree) -> str | None:
        """Give the place back, and wait for the next one; or say why there is none."""
        self.leave()
        began = self._clock.now()
        reason = await self._gate(tree)
        if reason is None:
            await self._places.acquire()
            self._is_inside = True
        self.waited += self._clock.now() - began
        return reason

    def leave(self) -> None:
        """Give the place back, if the run has one."""
        if self._is_inside:
            self._is_inside = False
            self._places.release()
