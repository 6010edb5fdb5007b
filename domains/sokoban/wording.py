"""Sokoban levels as a picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.critics.plan.pddl.syntax import And, Atom, Formula
from modulo.errors import ProblemError

__all__ = ["RULES", "statement"]

RULES: Final = """\
A robot pushes boxes about in a grid. Cell fR-Cf is in row R and column C; rows count downwards from 0, columns to \
the right. The actions are:
(move from to direction): the robot goes to the next cell in the direction up, down, left or right, which must be \
free: no wall and no box.
(push robot box-cell next-cell direction box): the robot, in the first cell, goes to the second one, where the box \
is, and the box moves to the third one, which must be free. The three cells lie in a row in the direction.
In pictures of a level, # is a wall, . a free cell, @ the robot, and a digit the box of that number."""

_CELL: Final = re.compile(r"f([0-9]{1,4})-([0-9]{1,4})f")


def statement(problem: PddlProblem) -> str:
    """The level as a picture, and where each box must go.

    Raises:
        ProblemError: The locations are not named as cells of a grid, or there are more boxes than digits.
    """
    level = _Level(problem)
    return f"The level, {level.where_things_are()}:\n{level.picture()}\n{level.goal()}"


class _Level:
    """What stands where."""

    def __init__(self, problem: PddlProblem) -> None:
        instance = problem.task().problem
        facts = instance.facts
        self._clear = {_cell(fact.terms[0]) for fact in facts if fact.predicate == "clear"}
        self._robot = [_cell(fact.terms[0]) for fact in facts if fact.predicate == "at-robot"]
        self._boxes = {fact.terms[0]: _cell(fact.terms[1]) for fact in facts if fact.predicate == "at"}
        self._cells = {_cell(thing.name) for thing in instance.objects if "loc" in thing.types}
        self._goal = instance.goal
        if not self._cells or len(self._boxes) > len("0123456789"):
            raise ProblemError(
                "only levels of cells and with at most ten boxes can be drawn; use the PDDL prompt"
            )

    def where_things_are(self) -> str:
        boxes = [f"box {number} is {name}" for number, name in enumerate(self._boxes)]
        return ", ".join([f"{self._height} rows of {self._width} cells", *boxes])

    def picture(self) -> str:
        signs: Mapping[tuple[int, int], str] = {
            **dict.fromkeys(self._clear, "."),
            **dict.fromkeys(self._robot, "@"),
            **{cell: str(number) for number, cell in enumerate(self._boxes.values())},
        }
        rows = [
            "".join(signs.get((row, column), "#") for column in range(self._width))
            for row in range(self._height)
        ]
        return "\n".join(rows)

    def goal(self) -> str:
        parts = self._goal.parts if isinstance(self._goal, And) else (self._goal,)
        return " ".join(map(self._wanted, parts))

    @property
    def _height(self) -> int:
        return max(row for row, _ in self._cells) + 1

    @property
    def _width(self) -> int:
        return max(column for _, column in self._cells) + 1

    def _wanted(self, condition: Formula) -> str:
        if (
            not isinstance(condition, Atom)
            or condition.predicate != "at"
            or condition.terms[0] not in self._boxes
        ):
            raise ProblemError("only goals that put boxes somewhere can be told in words; use the PDDL prompt")
        number = list(self._boxes).index(condition.terms[0])
        return f"Push box {number} to {condition.terms[1]}."


def _cell(name: str) -> tuple[int, int]:
    found = _CELL.fullmatch(name)
    if found is None:
        raise ProblemError(f"the location {name!r} is no cell fR-Cf of a grid; use the PDDL prompt")
    return int(found[1]), int(found[2])
