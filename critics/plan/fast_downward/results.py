"""What a planner says of a problem."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

__all__ = ["NoPlan", "PlanFound", "PlannerAnswer", "Unknown", "UnsupportedByPlanner", "WhyUnknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFound:
    """A plan.

    Attributes:
        plan: One lower-case ``(action argument ...)`` a line; empty if there is nothing to do.
        steps: Number of actions.
    """

    plan: str
    steps: int


@dataclass(frozen=True, slots=True)
class NoPlan:
    """A complete search went through every reachable state and met no goal."""


class WhyUnknown(StrEnum):
    """Why a planner cannot tell."""

    TIME = "time"
    MEMORY = "memory"
    INCOMPLETE = "incomplete search"
    UNSUPPORTED = "unsupported"
    CRASH = "crash"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither a plan nor a proof that there is none.

    Attributes:
        why: The kind of reason.
        detail: The reason in words.
    """

    why: WhyUnknown
    detail: str


PlannerAnswer: TypeAlias = PlanFound | NoPlan | Unknown


class UnsupportedByPlanner(Exception):
    """A problem uses what the planner cannot be asked about; the message says what, as in "it is about time"."""
