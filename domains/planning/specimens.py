"""What plan validators are audited on: problems with the plan that they were made with, and plans with a fault."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from modulo.canonical import JsonValue
from modulo.critics.plan import PddlProblem
from modulo.domains.planning.simulating import solves
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["PlanSpecimens"]


class PlanSpecimens(Specimens[PddlProblem]):
    """Problems and plans from a generator.

    Args:
        generate: Makes a problem and a plan that solves it.
    """

    def __init__(self, generate: Callable[[random.Random], tuple[PddlProblem, str]]) -> None:
        self._generate = generate

    def draw(self, rng: random.Random) -> Specimen[PddlProblem]:
        """A problem with the plan that it was made with."""
        problem, plan = self._generate(rng)
        return Specimen(problem, (plan,))

    def damaged(self, specimen: Specimen[PddlProblem], rng: random.Random) -> Iterator[Variant]:
        """Plans with steps missing, too many, in another order or about other objects, most of all at the end."""
        steps = _steps(specimen)
        yield Variant("first_step_only", steps[0])
        yield Variant("without_first_step", "\n".join(steps[1:]))
        yield Variant("without_last_step", "\n".join(steps[:-1]))
        yield Variant("last_step_twice", "\n".join([*steps, steps[-1]]))
        yield Variant("first_step_again", "\n".join([*steps, steps[0]]))
        yield Variant("backwards", "\n".join(reversed(steps)))
        yield Variant("twice", "\n".join(steps * 2))
        for _ in range(6):
            at = rng.randrange(len(steps))
            yield Variant("dropped_step", _with(steps, at))
            yield Variant("repeated_step", _with(steps, at, steps[at], steps[at]))
            yield Variant("unknown_action", _with(steps, at, steps[at].replace("(", "(un", 1)))
            yield from self._with_other_objects(steps, at, rng)
        yield from (
            Variant("last_step_of_" + variant.family, variant.document)
            for variant in self._with_other_objects(steps, len(steps) - 1, rng)
        )
        if len(steps) > 1:
            at = rng.randrange(len(steps) - 1)
            swapped = [*steps[:at], steps[at + 1], steps[at], *steps[at + 2 :]]
            yield Variant("swapped_steps", "\n".join(swapped))

    def rewritten(self, specimen: Specimen[PddlProblem], rng: random.Random) -> Iterator[Variant]:
        """The same steps in capitals, with comments, blanks and line ends of other kinds."""
        steps = _steps(specimen)
        yield Variant("capitals", "\n".join(steps).upper())
        yield Variant("comments", "".join(f"; step {at}\n{step} ; done\n" for at, step in enumerate(steps, 1)))
        yield Variant("one_line", " ".join(steps))
        yield Variant("blanks", "\n\n".join(f"  {step.replace(' ', '  ')}\t" for step in steps) + "\n")
        yield Variant("windows", "\r\n".join(steps) + "\r\n")

    def is_right(self, problem: PddlProblem, document: JsonValue) -> bool:
        """By carrying the plan out in a simulator of its own."""
        return isinstance(document, str) and solves(problem.domain_pddl, problem.problem_pddl, document)

    def _with_other_objects(self, steps: list[str], at: int, rng: random.Random) -> Iterator[Variant]:
        action, *objects = steps[at].strip("()").split()
        others = sorted({word for step in steps for word in step.strip("()").split()[1:]})
        if objects:
            place = rng.randrange(len(objects))
            changed = [*objects[:place], rng.choice(others), *objects[place + 1 :]]
            yield Variant("other_object", _with(steps, at, _step(action, changed)))
            unknown = [*objects[:place], f"{objects[place]}x", *objects[place + 1 :]]
            yield Variant("unknown_object", _with(steps, at, _step(action, unknown)))
            yield Variant("too_few_objects", _with(steps, at, _step(action, objects[:-1])))
        yield Variant(
            "too_many_objects", _with(steps, at, _step(action, [*objects, rng.choice(others or ["x"])]))
        )
        yield Variant("objects_turned_round", _with(steps, at, _step(action, objects[::-1])))


def _steps(specimen: Specimen[PddlProblem]) -> list[str]:
    plan: Any = specimen.answers[0]
    return [line for line in plan.split("\n") if line]


def _with(steps: list[str], at: int, *instead: str) -> str:
    return "\n".join([*steps[:at], *instead, *steps[at + 1 :]])


def _step(action: str, objects: list[str]) -> str:
    return f"({' '.join([action, *objects])})"
