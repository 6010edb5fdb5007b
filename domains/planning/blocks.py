"""Seeded instances of Blocksworld with a plan that solves them; the mystery domain gives them other names."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from modulo.critics.plan import PddlProblem
from modulo.errors import ConfigurationError

__all__ = ["DOMAIN_PDDL", "MAX_BLOCKS", "generate"]

DOMAIN_PDDL: Final = """\
(define (domain blocksworld-4ops)
  (:requirements :strips)
  (:predicates (clear ?x) (ontable ?x) (handempty) (holding ?x) (on ?x ?y))

  (:action pick-up
    :parameters (?ob)
    :precondition (and (clear ?ob) (ontable ?ob) (handempty))
    :effect (and (holding ?ob) (not (clear ?ob)) (not (ontable ?ob)) (not (handempty))))

  (:action put-down
    :parameters (?ob)
    :precondition (holding ?ob)
    :effect (and (clear ?ob) (handempty) (ontable ?ob) (not (holding ?ob))))

  (:action stack
    :parameters (?ob ?underob)
    :precondition (and (clear ?underob) (holding ?ob))
    :effect (and (handempty) (clear ?ob) (on ?ob ?underob) (not (clear ?underob)) (not (holding ?ob))))

  (:action unstack
    :parameters (?ob ?underob)
    :precondition (and (on ?ob ?underob) (clear ?ob) (handempty))
    :effect (and (holding ?ob) (clear ?underob) (not (on ?ob ?underob)) (not (clear ?ob)) (not (handempty)))))
"""
"""Blocksworld with four operators, as in PlanBench."""

MAX_BLOCKS: Final = 1000

Towers: TypeAlias = Sequence[Sequence[str]]
"""Each tower from the bottom up."""


def generate(*, blocks: int = 4, seed: int = 0) -> tuple[PddlProblem, str]:
    """Two random states of some blocks: one to begin with and one to reach.

    Any state can be reached from any other. The more blocks, the longer the plans.

    Args:
        blocks: Number of blocks, from 2 to ``MAX_BLOCKS``.
        seed: The same seed gives the same instance.

    Returns:
        The problem, and a plan, not always a shortest one.

    Raises:
        ConfigurationError: There are too few or too many blocks.
    """
    if not 2 <= blocks <= MAX_BLOCKS:
        raise ConfigurationError(f"a blocksworld has 2 to {MAX_BLOCKS} blocks here, not {blocks}")
    rng = random.Random(seed)  # noqa: S311  instances, not secrets
    names = _names(blocks)
    start = _towers(names, rng)
    goal = _towers(names, rng)
    while not _supports(goal) or _supports(goal).items() <= _supports(start).items():
        goal = _towers(names, rng)
    problem = PddlProblem(DOMAIN_PDDL, _problem_pddl(f"blocks-{blocks}-seed-{seed}", names, start, goal))
    return problem, "\n".join(_plan(start, goal))


def _names(blocks: int) -> list[str]:
    letters = string.ascii_lowercase
    return list(letters[:blocks]) if blocks <= len(letters) else [f"b{i}" for i in range(1, blocks + 1)]


def _towers(names: Sequence[str], rng: random.Random) -> list[list[str]]:
    """Blocks in random order, each on the table or on one of the towers so far, all equally likely."""
    towers: list[list[str]] = []
    for name in rng.sample(names, len(names)):
        place = rng.randrange(len(towers) + 1)
        if place == len(towers):
            towers.append([])
        towers[place].append(name)
    return towers


def _supports(towers: Towers) -> dict[str, str]:
    """What each block that stands on another one stands on."""
    return {above: below for tower in towers for below, above in pairwise(tower)}


def _problem_pddl(name: str, names: Sequence[str], start: Towers, goal: Towers) -> str:
    on = _supports(start)
    facts = [f"(on {block} {on[block]})" if block in on else f"(ontable {block})" for block in names]
    clear = [f"(clear {top})" for top in sorted(tower[-1] for tower in start)]
    wanted = [f"(on {above} {below})" for above, below in sorted(_supports(goal).items())]
    return (
        f"(define (problem {name})\n"
        "  (:domain blocksworld-4ops)\n"
        f"  (:objects {' '.join(names)})\n"
        f"  (:init (handempty) {' '.join([*facts, *clear])})\n"
        f"  (:goal (and {' '.join(wanted)})))\n"
    )


def _plan(start: Towers, goal: Towers) -> list[str]:
    """Everything that must move goes down to the table, and then up to its place."""
    above_goal = _supports(goal)
    settled = _settled(start, goal, above_goal)
    steps = []
    for tower in start:
        for below, block in reversed(list(pairwise(tower))):
            if block not in settled:
                steps += [f"(unstack {block} {below})", f"(put-down {block})"]
    for tower in goal:
        for block in tower[1:]:
            if block not in settled:
                steps += [f"(pick-up {block})", f"(stack {block} {above_goal[block]})"]
    return steps


def _settled(start: Towers, goal: Towers, above_goal: Mapping[str, str]) -> set[str]:
    """Blocks that stand where they must, on blocks that do."""
    bottoms = {tower[0] for tower in goal}
    settled: set[str] = set()
    for tower in start:
        for below, block in zip([None, *tower], tower, strict=False):
            fits = block in bottoms if below is None else above_goal.get(block) == below
            if not fits:
                break
            settled.add(block)
    return settled
