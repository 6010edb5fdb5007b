"""An exact and exhaustive solver, for hints and for the claim that there is no solution.

It goes through every way to split the numbers in two, and works backwards from the target: with the value of the
smaller part, each operation leaves one value that the larger part must have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Final, TypeAlias

__all__ = ["MAX_SEARCHED", "Step", "Tree", "find_solution", "is_solvable", "steps_of", "tree_text"]

MAX_SEARCHED: Final = 6
"""Most numbers that are searched exhaustively; seven take minutes."""
_TABLED: Final = 3
"""Most numbers whose values are all worked out and kept."""


@dataclass(frozen=True, slots=True)
class Step:
    """An operation on two parts.

    Attributes:
        symbol: One of ``+ - * /``.
        left: Its left part.
        right: Its right part.
        value: What comes out.
    """

    symbol: str
    left: Tree
    right: Tree
    value: Fraction


Tree: TypeAlias = "Fraction | Step"
"""A number, or an operation on two trees."""

Numbers: TypeAlias = tuple[Fraction, ...]


def find_solution(numbers: Sequence[int | Fraction], target: int | Fraction) -> Tree | None:
    """An expression of all the numbers with this value, without signs; None if there is certainly none.

    Args:
        numbers: At most ``MAX_SEARCHED`` numbers.
        target: The value wanted.
    """
    assert 0 < len(numbers) <= MAX_SEARCHED, "the search would not end"
    return _Search().find(tuple(sorted(map(Fraction, numbers))), Fraction(target))


def is_solvable(numbers: Sequence[int | Fraction], target: int | Fraction) -> bool:
    """Whether an expression of all the numbers, none of which is negative, has this value, signs allowed.

    With signs, every expression is one without them or its negation. A negative value of one without can be turned
    round, because some subtraction made it negative; a positive value cannot always.
    """
    if find_solution(numbers, target) is not None:
        return True
    return target < 0 and find_solution(numbers, -target) is not None


def steps_of(tree: Tree) -> Iterator[Step]:
    """The steps of a tree, each after those that it builds on."""
    if isinstance(tree, Step):
        yield from steps_of(tree.left)
        yield from steps_of(tree.right)
        yield tree


def tree_text(tree: Tree) -> str:
    """A tree as an expression with parentheses around every step but the last one."""
    if not isinstance(tree, Step):
        return str(tree)
    return f"{_grouped(tree.left)} {tree.symbol} {_grouped(tree.right)}"


def _grouped(tree: Tree) -> str:
    return f"({tree_text(tree)})" if isinstance(tree, Step) else tree_text(tree)


class _Search:
    """One search; it remembers what small sets of numbers make, and which sets cannot make what."""

    def __init__(self) -> None:
        self._tables: dict[Numbers, dict[Fraction, Tree]] = {}
        self._failed: set[tuple[Numbers, Fraction]] = set()

    def find(self, numbers: Numbers, target: Fraction) -> Tree | None:
        if len(numbers) <= _TABLED:
            return self._table(numbers).get(target)
        if (numbers, target) in self._failed:
            return None
        for small, large in _splits(numbers):
            for left in self._table(small).values():
                found = self._completed(left, large, target)
                if found is not None:
                    return found
        self._failed.add((numbers, target))
        return None

    def _completed(self, part: Tree, others: Numbers, target: Fraction) -> Tree | None:
        """The target made of a part and the other numbers."""
        value = _value(part)
        if value == 0 == target:  # whatever the others make
            return Step("*", part, _sum(others), target)
        for symbol, is_left, needed in _needed(value, target):
            other = self.find(others, needed)
            if other is not None:
                return Step(symbol, *((part, other) if is_left else (other, part)), target)
        return None

    def _table(self, numbers: Numbers) -> dict[Fraction, Tree]:
        """Every value that some numbers make, each with one way to make it."""
        table = self._tables.get(numbers)
        if table is None:
            table = {numbers[0]: numbers[0]} if len(numbers) == 1 else {}
            for small, large in _splits(numbers):
                for one in self._table(small).values():
                    for other in self._table(large).values():
                        for step in _results(one, other):
                            table.setdefault(step.value, step)
            self._tables[numbers] = table
        return table


def _splits(numbers: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Ways to split some numbers in two, the smaller part first; each way once."""
    seen = set()
    places = range(len(numbers))
    for size in range(1, len(numbers) // 2 + 1):
        for chosen in combinations(places, size):
            small = tuple(numbers[place] for place in chosen)
            if small not in seen:
                seen.add(small)
                yield small, tuple(numbers[place] for place in places if place not in chosen)


def _needed(value: Fraction, target: Fraction) -> Iterator[tuple[str, bool, Fraction]]:
    """For each operation with a value, on which side it stands, what makes the target on the other side."""
    yield "+", True, target - value
    yield "-", True, value - target
    yield "-", False, target + value
    if value != 0:
        yield "*", True, target / value
        yield "/", False, target * value
        if target != 0:
            yield "/", True, value / target


def _results(one: Tree, other: Tree) -> Iterator[Step]:
    left, right = _value(one), _value(other)
    yield Step("+", one, other, left + right)
    yield Step("-", one, other, left - right)
    yield Step("-", other, one, right - left)
    yield Step("*", one, other, left * right)
    if right != 0:
        yield Step("/", one, other, left / right)
    if left != 0:
        yield Step("/", other, one, right / left)


def _sum(numbers: Numbers) -> Tree:
    total: Tree = numbers[0]
    for number in numbers[1:]:
        total = Step("+", total, number, _value(total) + number)
    return total


def _value(tree: Tree) -> Fraction:
    return tree.value if isinstance(tree, Step) else tree
