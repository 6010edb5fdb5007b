"""The domain, and the names that it gives to Blocksworld."""

from __future__ import annotations

import random
from typing import Any, Final, Literal

from modulo.critics.plan import PddlProblem
from modulo.domain import generated
from modulo.domains.planning import (
    PlanningDomain,
    Renaming,
    obfuscate,
    plain_prompt,
    rename,
)
from modulo.domains.planning.blocks import generate as generate_blocks
from modulo.domains.planning.specimens import PlanSpecimens
from modulo.errors import ConfigurationError

__all__ = ["DOMAIN", "MYSTERY", "MysteryBlocksworldDomain", "generate"]

MYSTERY: Final = Renaming(
    {
        "blocksworld-4ops": "mystery-4ops",
        "pick-up": "attack",
        "put-down": "succumb",
        "stack": "overcome",
        "unstack": "feast",
        "clear": "province",
        "ontable": "planet",
        "handempty": "harmony",
        "holding": "pain",
        "on": "craves",
    }
)
"""PlanBench's names. Source: its configuration ``mystery_blocksworld.yaml``."""


def generate(
    *, blocks: int = 4, words: Literal["mystery", "random"] = "mystery", seed: int = 0
) -> tuple[PddlProblem, str]:
    """An instance of Blocksworld under other names.

    Args:
        blocks: Number of blocks.
        words: ``mystery`` gives actions and facts PlanBench's names, ``random`` gives everything random words.
        seed: The same seed gives the same instance and words.

    Returns:
        The problem, and a plan, not always a shortest one.

    Raises:
        ConfigurationError: There are too few or too many blocks, or there are no such words.
    """
    problem, plan = generate_blocks(blocks=blocks, seed=seed)
    if words == "mystery":
        name = problem.task().problem.name
        renaming = Renaming({**MYSTERY.names, name: f"mystery-{blocks}-seed-{seed}"})
        return rename(problem, renaming), renaming.plan(plan)
    if words == "random":
        hidden, renaming = obfuscate(problem, seed=seed)
        return hidden, renaming.plan(plan)
    raise ConfigurationError(f"words must be 'mystery' or 'random', not {words!r}")


class MysteryBlocksworldDomain(PlanningDomain):
    """Blocksworld under names that tell nothing; any obfuscated STRIPS problem will do."""

    name = "mystery_blocksworld"
    summary = "Blocksworld under names that say nothing of blocks"

    def example(self) -> PddlProblem:
        """Three blocks, four steps."""
        return generate(blocks=3, seed=0)[0]

    def generate(self, seed: int, **difficulty: Any) -> PddlProblem:
        """See ``generate``: ``blocks``, ``words``."""
        return generated(generate, seed, difficulty)[0]

    def natural_prompt(self, problem: PddlProblem) -> str:
        """What actions need and do, in words, and how to answer.

        Raises:
            ProblemError: Actions do more than make facts true or false.
        """
        return plain_prompt(problem)

    def specimens(self) -> PlanSpecimens:
        """Instances of two to five blocks, under the names of PlanBench or random ones."""
        return PlanSpecimens(_drawn)


def _drawn(rng: random.Random) -> tuple[PddlProblem, str]:
    return generate(
        blocks=rng.randint(2, 5), words=rng.choice(("mystery", "random")), seed=rng.randrange(2**32)
    )


DOMAIN = MysteryBlocksworldDomain()
