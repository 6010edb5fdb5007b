"""unified-planning as a second opinion: other people's parser and other people's semantics."""

from __future__ import annotations

import functools
import warnings
from typing import Any

__all__ = ["Unreadable", "accepts"]


class Unreadable(Exception):
    """unified-planning does not take the problem; there is no second opinion."""


@functools.cache
def _reader() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import unified_planning.shortcuts as shortcuts
        from unified_planning.io import PDDLReader

        shortcuts.get_environment().credits_stream = None
        return PDDLReader


@functools.lru_cache(maxsize=64)
def _problem(domain: str, problem: str) -> Any:
    try:
        return _reader()().parse_problem_string(domain, problem)
    except Exception as error:  # it has many
        return error


def accepts(domain: str, problem: str, plan: str) -> bool:
    """Whether unified-planning finds the plan valid; a plan that it cannot read is not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from unified_planning.engines import SequentialPlanValidator, ValidationResultStatus
        from unified_planning.engines.plan_validator import TimeTriggeredPlanValidator

        read = _problem(domain, problem)
        if isinstance(read, Exception):
            raise Unreadable(str(read)) from read
        try:
            made = _reader()().parse_plan_string(read, plan)
        except Exception:  # it has many
            return False
        timed = bool(list(read.durative_actions)) or ":" in plan
        validator = TimeTriggeredPlanValidator() if timed else SequentialPlanValidator()
        validator.skip_checks = True
        return bool(validator.validate(read, made).status is ValidationResultStatus.VALID)
