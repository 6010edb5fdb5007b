"""Finds actions that interfere with each other because they happen at the same time, or almost."""

from __future__ import annotations

from collections import deque
from typing import Final

from msgspec import Struct

from modulo.critics.plan.footprint import Footprint
from modulo.critics.plan.pddl.printing import call_text
from modulo.critics.plan.pddl.syntax import Exact
from modulo.critics.plan.state import Fact

__all__ = ["Clash", "Recent"]


class Clash(Struct, frozen=True):
    """Two happenings that interfere, and over what.

    Attributes:
        other: The earlier one, as it was given to ``Recent.add``.
        about: The atom or function.
    """

    other: str
    about: str


_EXCLUDES: Final = {
    "reads": ("adds", "deletes", "additions", "assignments"),
    "adds": ("reads", "deletes"),
    "deletes": ("reads", "adds"),
    "additions": ("reads", "assignments"),
    "assignments": ("reads", "additions", "assignments"),
    "wide_reads": ("touches",),
    "touches": ("wide_reads",),
}


class Recent:
    """Happenings that are not yet separated by epsilon from the next one.

    Each new one is compared by what it uses, so that many at the same time take no quadratic time.

    Args:
        epsilon: How far apart happenings that interfere must be.
    """

    def __init__(self, epsilon: Exact) -> None:
        self._epsilon = epsilon
        # By how it is used, for each atom or function the last happening that does, and how many do.
        self._uses: dict[str, dict[Fact, tuple[str, int]]] = {kind: {} for kind in _EXCLUDES}
        self._order: deque[tuple[Exact, Footprint]] = deque()

    def add(self, name: str, time: Exact, footprint: Footprint) -> Clash | None:
        """Take in a happening; times must not decrease.

        Returns:
            An interference with an earlier one, if there is any.
        """
        self._forget(time)
        clash = self._clash(footprint)
        self._order.append((time, footprint))
        for kind, uses in self._uses.items():
            for key in getattr(footprint, kind):
                uses[key] = (name, uses[key][1] + 1 if key in uses else 1)
        return clash

    def _clash(self, footprint: Footprint) -> Clash | None:
        for kind, excluded in _EXCLUDES.items():
            others = [self._uses[other] for other in excluded]
            keys = [key for key in getattr(footprint, kind) if any(key in uses for uses in others)]
            if keys:
                key = min(keys)
                other = next(uses[key][0] for uses in others if key in uses)
                return Clash(other, call_text(key[1], key[2:]))
        return None

    def _forget(self, time: Exact) -> None:
        while self._order and time - self._order[0][0] >= self._epsilon:
            _, footprint = self._order.popleft()
            for kind, uses in self._uses.items():
                for key in getattr(footprint, kind):
                    name, count = uses.pop(key)
                    if count > 1:
                        uses[key] = (name, count - 1)
