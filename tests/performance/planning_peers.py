"""What a user would take instead of the plan validator, on the same problems and plans: unified-planning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from measuring import MILLI, Row, Times

__all__ = ["measure_peers"]

_REPEATS = 5


def measure_peers(domain: str, problems: Mapping[str, str], plans: Mapping[str, tuple[str, str]]) -> list[Row]:
    """Rows of unified-planning, none to reach.

    Args:
        domain: The PDDL domain.
        problems: PDDL problems to read, by what they are called in the table.
        plans: Problems and plans to check, by what they are called in the table.
    """
    from unified_planning.io import PDDLReader

    def read(problem: str) -> Any:
        return PDDLReader().parse_problem_string(domain, problem)

    rows = [_row(f"{what}, unified-planning", partial(read, text)) for what, text in problems.items()]
    for what, (text, plan) in plans.items():
        problem = read(text)
        rows.append(_row(f"{what}, unified-planning", partial(_validate, problem, plan)))
    return rows


def _validate(problem: Any, text: str) -> None:
    from unified_planning.engines import SequentialPlanValidator
    from unified_planning.io import PDDLReader

    with SequentialPlanValidator() as validator:
        assert validator.validate(problem, PDDLReader().parse_plan_string(problem, text))


def _row(what: str, function: Callable[[], object]) -> Row:
    times = Times()
    for _ in range(_REPEATS):
        with times.lap():
            function()
    wall, cpu = times.per(1, MILLI)
    return Row(what=what, unit="ms", values=wall, cpu=cpu, note="for comparison; installed with the extra dev")
