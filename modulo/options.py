"""How to run a graph on a problem: everything that ``modulo.solve`` takes besides the two."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from modulo.backprompt import ChatBackprompter
from modulo.budget import Budget
from modulo.clock import Clock, SystemClock
from modulo.errors import ConfigurationError
from modulo.ledger import Ledger
from modulo.numeric import MAX_INTEGER
from modulo.protocols import Backprompter, Strategy
from modulo.running.retrying import Retries
from modulo.strategies.refine import Refine
from modulo.trace import Trace
from modulo.tree import Tree

__all__ = ["DEFAULT_BUDGET", "Gate", "RunOptions", "Select"]

Select: TypeAlias = Literal["first", "best"]

Gate: TypeAlias = Callable[[Tree], Awaitable[str | None]]
"""Waits until a run may have its next round, and then gives None; or says why it gets no more."""

DEFAULT_BUDGET: Final = Budget(rounds=30)
"""The limits of a run that is given none, so that no run goes on for ever by oversight."""
_REFINE: Final = Refine()
_CHAT: Final = ChatBackprompter()
_RETRIES: Final = Retries()
_CLOCK: Final = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How to run a graph on a problem; see ``modulo.solve`` for what each means."""

    strategy: Strategy = _REFINE
    backprompter: Backprompter = _CHAT
    budget: Budget = DEFAULT_BUDGET
    within: Ledger | None = None
    select: Select = "first"
    seed: int = 0
    retries: Retries = _RETRIES
    max_concurrency: int = 16
    clock: Clock = _CLOCK
    trace: Trace | None = None
    gate: Gate | None = None

    def __post_init__(self) -> None:
        if self.select not in ("first", "best"):
            raise ConfigurationError(f"select must be 'first' or 'best', not {self.select!r}")
        for name, kind in _OPTION_TYPES.items():
            value = getattr(self, name)
            if not isinstance(value, kind) or isinstance(value, bool):
                wanted = "whole number" if kind is int else kind.__name__
                raise ConfigurationError(f"{name} must be a {wanted}, not a {type(value).__name__}")
        if self.within is not None and not isinstance(self.within, Ledger):
            raise ConfigurationError("within takes a Ledger, as in modulo.Ledger(modulo.Budget(cost_usd=5))")
        if self.trace is not None and not isinstance(self.trace, Trace):
            raise ConfigurationError("trace takes a Trace, as in modulo.Trace('run.jsonl')")
        if self.gate is not None and not callable(self.gate):
            raise ConfigurationError("gate takes an async function of the tree")
        if abs(self.seed) > MAX_INTEGER:
            raise ConfigurationError(
                f"seed must be within 2**53 - 1, or no trace could carry it, not {self.seed!r}"
            )
        if self.max_concurrency < 1:
            raise ConfigurationError(f"max_concurrency must be at least 1, not {self.max_concurrency!r}")


_OPTION_TYPES: Final[Mapping[str, type]] = {
    "strategy": Strategy,
    "backprompter": Backprompter,
    "budget": Budget,
    "retries": Retries,
    "seed": int,
    "max_concurrency": int,
}
