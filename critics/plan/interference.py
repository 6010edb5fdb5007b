"""Finds actions that interfere with each other because they happen at the same time, or almost."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Final

from msgspec import Struct

from modulo.critics.plan.footprint import Footprint
from modulo.critics.plan.printing import call_text
from modulo.critics.plan.state import Fact
from modulo.critics.plan.syntax import Exact

__all__ = ["Clash", "Recent"]


class Clash(Struct, frozen=True):
    """Two happenings that interfere, and over what.

    Attributes:
        other: The earlier one, as it was given to ``Recent.add``.
        about: The atom or function.
    """

    other: str
    about: str


class _Uses:
    """Who uses an atom or function at the moment, by how."""

    __slots__ = ("additions", "adds", "assignments", "deletes", "reads", "touches", "wide_reads")

    def __init__(self) -> None:
        self.reads: deque[str] = deque()
        self.adds: deque[str] = deque()
        self.deletes: deque[str] = deque()
        self.additions: deque[str] = deque()
        self.assignments: deque[str] = deque()
        self.wide_reads: deque[str] = deque()
        self.touches: deque[str] = deque()


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
        self._uses: dict[Fact, _Uses] = defaultdict(_Uses)
        self._order: deque[tuple[Exact, Footprint]] = deque()

    def add(self, name: str, time: Exact, footprint: Footprint) -> Clash | None:
        """Take in a happening; times must not decrease.

        Returns:
            The first interference with an earlier one, if there is any.
        """
        self._forget(time)
        clash = self._clash(footprint)
        self._order.append((time, footprint))
        for kind in _EXCLUDES:
            for key in getattr(footprint, kind):
                getattr(self._uses[key], kind).append(name)
        return clash

    def _clash(self, footprint: Footprint) -> Clash | None:
        for kind, excluded in _EXCLUDES.items():
            for key in sorted(getattr(footprint, kind)):
                uses = self._uses.get(key)
                others = [getattr(uses, other) for other in excluded] if uses else []
                first = next((names[0] for names in others if names), None)
                if first is not None:
                    return Clash(first, call_text(key[1], key[2:]))
        return None

    def _forget(self, time: Exact) -> None:
        while self._order and time - self._order[0][0] >= self._epsilon:
            _, footprint = self._order.popleft()
            for kind in _EXCLUDES:
                for key in getattr(footprint, kind):
                    getattr(self._uses[key], kind).popleft()
