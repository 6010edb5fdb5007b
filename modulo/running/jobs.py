"""What the strategy wants, in the forms in which it goes through the scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from modulo.graph.nodes import GeneratorNode
from modulo.graph.program import Stage
from modulo.ledger import Reservation
from modulo.problem import Candidate
from modulo.protocols import Expansion, Request

__all__ = ["Job", "Plan"]


class Plan(Struct, gc=False, frozen=True, kw_only=True):
    """An expansion with everything that was decided when it was asked for, so that timing decides nothing.

    Attributes:
        expansion: What the strategy wants.
        first_attempt: Id of its first attempt; further samples have the following ids.
        round: The ask that it came from.
        turn: How many times its node was asked before.
    """

    expansion: Expansion
    first_attempt: int
    round: int
    turn: int


class Job(Struct, gc=False, frozen=True, kw_only=True):
    """A plan that is ready to run: what is the same for all its samples.

    Attributes:
        plan: The plan.
        samples: How many of its samples fit the budget.
        attempts_held: What is set aside for them; None where no limit is on attempts.
        request: What to ask the generator.
        node: The generator.
        stage: The stage that it works for.
        inputs: For each artefact that it builds on directly, the attempt that made it.
        artefacts: All artefacts that it builds on.
        prompt_sha256: Hash of the conversation.
        sees_all_critiques: Whether critics go on after the first rejection.
    """

    plan: Plan
    samples: int
    attempts_held: Reservation | None
    request: Request
    node: GeneratorNode
    stage: Stage
    inputs: Mapping[str, int]
    artefacts: Mapping[str, Candidate[Any]]
    prompt_sha256: str
    sees_all_critiques: bool
