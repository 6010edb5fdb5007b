"""unified-planning as a second opinion, its parser of plans and its judgement of plans with times included."""

from __future__ import annotations

import warnings

from modulo.critics.plan.unified_planning.library import Unreadable, pddl_reader, read_problem

__all__ = ["Unreadable", "accepts"]


def accepts(domain: str, problem: str, plan: str) -> bool:
    """Whether unified-planning finds the plan valid; a plan that it cannot read is not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from unified_planning.engines import SequentialPlanValidator, ValidationResultStatus
        from unified_planning.engines.plan_validator import TimeTriggeredPlanValidator

        read = read_problem(domain, problem)
        try:
            made = pddl_reader()().parse_plan_string(read, plan)
        except Exception:  # it has many
            return False
        timed = bool(list(read.durative_actions)) or ":" in plan
        validator = TimeTriggeredPlanValidator() if timed else SequentialPlanValidator()
        validator.skip_checks = True
        return bool(validator.validate(read, made).status is ValidationResultStatus.VALID)
