"""Seeded levels with a plan that solves them: boxes are pulled away from where they belong."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from itertools import dropwhile
from typing import Final, TypeAlias

from modulo.critics.plan import PddlProblem
from modulo.errors import ConfigurationError

__all__ = ["DOMAIN_PDDL", "MAX_SIZE", "generate"]

DOMAIN_PDDL: Final = """\
(define (domain typed-sokoban)
  (:requirements :typing)
  (:types loc dir box)
  (:predicates (at-robot ?l - loc) (at ?o - box ?l - loc) (adjacent ?l1 - loc ?l2 - loc ?d - dir) (clear ?l - loc))

  (:action move
    :parameters (?from - loc ?to - loc ?dir - dir)
    :precondition (and (clear ?to) (at-robot ?from) (adjacent ?from ?to ?dir))
    :effect (and (at-robot ?to) (not (at-robot ?from))))

  (:action push
    :parameters (?rloc - loc ?bloc - loc ?floc - loc ?dir - dir ?b - box)
    :precondition (and (at-robot ?rloc) (at ?b ?bloc) (clear ?floc)
                       (adjacent ?rloc ?bloc ?dir) (adjacent ?bloc ?floc ?dir))
    :effect (and (at-robot ?bloc) (at ?b ?floc) (clear ?bloc)
                 (not (at-robot ?rloc)) (not (at ?b ?bloc)) (not (clear ?floc)))))
"""
"""Sokoban as in the PlanBench repository: cells that are not clear are walls or hold a box."""

MAX_SIZE: Final = 50
_LAYOUTS: Final = 500
_INDENT: Final = "\n         "
_DIRECTIONS: Final = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}

Cell: TypeAlias = tuple[int, int]
"""Row and column, from 0."""


def generate(
    *, size: int = 5, boxes: int = 1, walls: int = 3, pulls: int = 6, seed: int = 0
) -> tuple[PddlProblem, str]:
    """A square level, made backwards: every box begins at its goal and is pulled away, as the robot goes about.

    Args:
        size: Rows and columns.
        boxes: Number of boxes, each with a goal of its own.
        walls: Number of cells that are walls; what lies outside is wall too.
        pulls: How many times a box is pulled; the more, the longer the plans.
        seed: The same seed gives the same level.

    Returns:
        The problem, and a plan, not always a shortest one.

    Raises:
        ConfigurationError: A number makes no sense, or no box could be moved in any of many layouts.
    """
    if not 2 <= size <= MAX_SIZE or boxes < 1 or walls < 0 or pulls < 1 or boxes + walls >= size * size:
        raise ConfigurationError(
            f"there is no level of {size} by {size} cells (at most {MAX_SIZE}) with {boxes} boxes, {walls} walls "
            f"and {pulls} pulls"
        )
    rng = random.Random(seed)  # noqa: S311  instances, not secrets
    for _ in range(_LAYOUTS):
        level = _Level(size, boxes, walls, rng)
        level.pull(pulls, rng)
        if level.is_open:
            name = f"typed-sokoban-grid{size}-boxes{boxes}-walls{walls}-seed-{seed}"
            return PddlProblem(DOMAIN_PDDL, level.problem_pddl(name)), "\n".join(level.plan())
    raise ConfigurationError(
        f"in {_LAYOUTS} layouts of {size} by {size} cells with {boxes} boxes and {walls} walls, no box could be "
        "pulled away from its goal; use more cells, fewer boxes or fewer walls"
    )


class _Level:
    """A level while it is being made: the plan grows from its end."""

    def __init__(self, size: int, boxes: int, walls: int, rng: random.Random) -> None:
        self._size = size
        cells = [(row, column) for row in range(size) for column in range(size)]
        chosen = rng.sample(cells, walls + boxes + 1)
        self._walls = frozenset(chosen[:walls])
        self._goals = chosen[walls:-1]
        self._boxes = list(self._goals)
        self._robot = chosen[-1]
        self._steps_from_the_end: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether there is something to do."""
        return self._boxes != self._goals

    def pull(self, times: int, rng: random.Random) -> None:
        """Pull boxes, at random among those that can be pulled to where they have not all been before."""
        seen = {tuple(self._boxes)}
        for _ in range(times):
            came_from = self._reachable()
            pulls = [(box, name) for box in range(len(self._boxes)) for name in _DIRECTIONS]
            options = [
                pull
                for pull in pulls
                if self._can_pull(*pull, came_from) and self._boxes_after(*pull) not in seen
            ]
            if not options:
                return
            self._pull(*rng.choice(options), came_from)
            seen.add(tuple(self._boxes))

    def plan(self) -> list[str]:
        """The plan up to its last push; where the robot goes then is of no use."""
        steps = list(dropwhile(lambda step: step.startswith("(move"), self._steps_from_the_end))
        return steps[::-1]

    def problem_pddl(self, name: str) -> str:
        cells = [(row, column) for row in range(self._size) for column in range(self._size)]
        clear = [cell for cell in cells if self._is_free(cell)]
        return (
            f"(define (problem {name})\n"
            "  (:domain typed-sokoban)\n"
            f"  (:objects up down left right - dir\n"
            f"            {' '.join(f'box{i}' for i in range(len(self._boxes)))} - box\n"
            f"            {' '.join(map(_name, cells))} - loc)\n"
            f"  (:init (at-robot {_name(self._robot)})\n"
            f"         {' '.join(f'(at box{i} {_name(cell)})' for i, cell in enumerate(self._boxes))}\n"
            f"         {' '.join(f'(clear {_name(cell)})' for cell in clear)}\n"
            f"         {_INDENT.join(map(self._adjacent, cells))})\n"
            f"  (:goal (and {' '.join(f'(at box{i} {_name(cell)})' for i, cell in enumerate(self._goals))})))\n"
        )

    def _adjacent(self, cell: Cell) -> str:
        beside = [(direction, _beside(cell, direction)) for direction in _DIRECTIONS]
        return " ".join(
            f"(adjacent {_name(cell)} {_name(near)} {direction})"
            for direction, near in beside
            if self._is_inside(near)
        )

    def _is_inside(self, cell: Cell) -> bool:
        return 0 <= cell[0] < self._size and 0 <= cell[1] < self._size

    def _is_free(self, cell: Cell) -> bool:
        return self._is_inside(cell) and cell not in self._walls and cell not in self._boxes

    def _reachable(self) -> dict[Cell, tuple[Cell, str] | None]:
        """Every cell that the robot can get to, with the cell before it and the way from there."""
        came_from: dict[Cell, tuple[Cell, str] | None] = {self._robot: None}
        queue = deque([self._robot])
        while queue:
            cell = queue.popleft()
            for direction in _DIRECTIONS:
                near = _beside(cell, direction)
                if near not in came_from and self._is_free(near):
                    came_from[near] = (cell, direction)
                    queue.append(near)
        return came_from

    def _can_pull(self, box: int, direction: str, reachable: dict[Cell, tuple[Cell, str] | None]) -> bool:
        """Whether a push of this box in this direction may have come before."""
        stand = _beside(self._boxes[box], direction, -1)
        return stand in reachable and self._is_free(_beside(stand, direction, -1))

    def _boxes_after(self, box: int, direction: str) -> tuple[Cell, ...]:
        boxes = list(self._boxes)
        boxes[box] = _beside(boxes[box], direction, -1)
        return tuple(boxes)

    def _pull(self, box: int, direction: str, came_from: dict[Cell, tuple[Cell, str] | None]) -> None:
        here = self._boxes[box]
        stand = _beside(here, direction, -1)
        back = _beside(stand, direction, -1)
        # The walk from where the robot is to the box, seen from the end of the plan, is the way back.
        self._steps_from_the_end += [
            f"(move {_name(to)} {_name(start)} {_opposite(way)})" for start, to, way in _walk(stand, came_from)
        ]
        self._steps_from_the_end.append(
            f"(push {_name(back)} {_name(stand)} {_name(here)} {direction} box{box})"
        )
        self._boxes[box], self._robot = stand, back


def _walk(end: Cell, came_from: dict[Cell, tuple[Cell, str] | None]) -> Iterator[tuple[Cell, Cell, str]]:
    """The steps of the shortest way to a cell: from, to, direction."""
    steps = []
    while before := came_from[end]:
        steps.append((before[0], end, before[1]))
        end = before[0]
    return reversed(steps)


def _beside(cell: Cell, direction: str, steps: int = 1) -> Cell:
    down, right = _DIRECTIONS[direction]
    return cell[0] + steps * down, cell[1] + steps * right


def _opposite(direction: str) -> str:
    return {"up": "down", "down": "up", "left": "right", "right": "left"}[direction]


def _name(cell: Cell) -> str:
    return f"f{cell[0]}-{cell[1]}f"
