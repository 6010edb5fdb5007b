"""Types and which objects belong to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from modulo.critics.plan.pddl.syntax import EVERY_OBJECT, TypeDeclaration

__all__ = ["MAX_LEVELS", "TypeTree"]

MAX_LEVELS: Final = 100
"""Most levels of types; who fits where is found recursively."""


class TypeTree:
    """The types of a domain.

    A type may be declared several times and then belongs to all of its parents. What is declared
    ``(either a b)`` is an a or a b, nobody knows which: it fits where both would.

    Args:
        declarations: As they stand in the domain.
    """

    def __init__(self, declarations: Iterable[TypeDeclaration]) -> None:
        self._parents: dict[str, list[tuple[str, ...]]] = {"object": []}
        for declaration in declarations:
            if declaration.name != "object":
                self._parents.setdefault(declaration.name, []).append(declaration.parents)
        # Parents that are named only as such belong to object.
        for parents in [*self._parents.values()]:
            for parent in [name for group in parents for name in group]:
                self._parents.setdefault(parent, [EVERY_OBJECT])
        self._fits: dict[tuple[tuple[str, ...], tuple[str, ...]], bool] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._parents

    def fault(self) -> str | None:
        """What makes this no tree that can be searched, in words."""
        depth: dict[str, int] = {}
        for name in self._parents:
            # Each type of the path with those of its parents that are still to be looked at.
            path = {name: self._above(name)} if name not in depth else {}
            while path:
                at, above = next(reversed(path.items()))
                parent = next(above, None)
                if parent is None:
                    depth[at] = 1 + max([depth[other] for other in self._above(at)], default=0)
                    del path[at]
                elif parent in path:
                    return f"the type {parent} is a type of itself"
                elif parent not in depth:
                    path[parent] = self._above(parent)
        deepest = max(depth, key=depth.__getitem__)
        return f"the type {deepest} is {depth[deepest]} levels deep" if depth[deepest] > MAX_LEVELS else None

    def _above(self, name: str) -> Iterator[str]:
        return (parent for group in self._parents[name] for parent in group)

    def fits(self, given: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
        """Whether whatever is of the given types is of one of the wanted types for sure."""
        if wanted == EVERY_OBJECT or given == wanted:
            return True
        key = (given, wanted)
        if key not in self._fits:
            self._fits[key] = all(self._one_fits(name, wanted) for name in given)
        return self._fits[key]

    def _one_fits(self, name: str, wanted: tuple[str, ...]) -> bool:
        if name in wanted or "object" in wanted:
            return True
        return any(self.fits(group, wanted) for group in self._parents[name])

    def members(self, objects: Mapping[str, tuple[str, ...]], types: tuple[str, ...]) -> tuple[str, ...]:
        """The objects that fit, in their order."""
        return tuple([name for name, given in objects.items() if self.fits(given, types)])
