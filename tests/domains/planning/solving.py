"""What must hold of generated instances, whatever the domain."""

from __future__ import annotations

import random

from modulo.critics.plan import PddlProblem, PlanValidator

__all__ = ["accepts", "check_instance"]


def accepts(problem: PddlProblem, plan: str) -> bool:
    return PlanValidator().critique(problem, plan).accepts


def check_instance(problem: PddlProblem, plan: str, seed: int) -> None:
    """Its plan is accepted; no plan, or the plan without its end or with a foreign step, is not."""
    steps = plan.splitlines()
    assert accepts(problem, plan)
    assert not accepts(problem, "")
    assert not accepts(problem, "\n".join(steps[:-1]))
    place = random.Random(seed).randrange(len(steps))
    name = steps[place].strip("()").split()[0]
    damaged = [
        [*steps[:place], f"({name})", *steps[place + 1 :]],
        [*steps[:place], "(teleport)", *steps[place:]],
        [*steps, steps[-1]],
        [*steps[:place], steps[place].replace(")", " nothing)"), *steps[place + 1 :]],
    ]
    assert not any(accepts(problem, "\n".join(lines)) for lines in damaged)
