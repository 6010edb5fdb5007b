"""Rows of runs that were never made, for what is computed from rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modulo.bench.rows import AttemptRow, RunRow
from modulo.budget import Usage
from modulo.outcome import StopReason

__all__ = ["attempts", "row"]


def attempts(outcomes: str, *, tokens: int = 10, chained: bool = True) -> tuple[AttemptRow, ...]:
    """One attempt a round: ``+`` is accepted, ``-`` rejected, ``?`` malformed, ``!`` failed; letters are answers."""
    return tuple(
        AttemptRow(
            id=i,
            round=i + 1,
            parent=i - 1 if chained and i else None,
            node="guess",
            accepted=outcome == "+",
            candidate=None if outcome in "?!" else outcome if outcome.isalpha() else f"{outcome}{i}",
            violations={"wrong": 1} if outcome not in "+!" else {},
            prompt_tokens=0 if outcome == "!" else tokens - 1,
            completion_tokens=0 if outcome == "!" else 1,
            error="timeout" if outcome == "!" else None,
        )
        for i, outcome in enumerate(outcomes)
    )


def row(
    problem: object,
    outcomes: str | Sequence[AttemptRow],
    *,
    tokens: int = 10,
    chained: bool = True,
    **changes: Any,
) -> RunRow:
    """A run with these attempts, certified if one was accepted, a call and a second an attempt."""
    made = attempts(outcomes, tokens=tokens, chained=chained) if isinstance(outcomes, str) else tuple(outcomes)
    certified_in = next((one.round for one in made if one.accepted), None)
    rounds = max((one.round for one in made), default=0)
    named = {"set": "s", "model": "m", "strategy": "refine", "repeat": 0, **changes}
    usage = Usage(
        rounds=rounds,
        attempts=len(made),
        calls=len(made),
        prompt_tokens=sum(one.prompt_tokens for one in made),
        completion_tokens=sum(one.completion_tokens for one in made),
        cost_usd=sum(one.cost_usd for one in made),
    )
    fields: dict[str, Any] = {
        "run": "/".join(map(str, (named["set"], problem, named["model"], named["strategy"], named["repeat"]))),
        "problem": str(problem),
        "problem_sha256": "0" * 64,
        "domain": "simulated",
        "certified": certified_in is not None,
        "stop_reason": StopReason.ROUNDS_LIMIT if certified_in is None else StopReason.CERTIFIED,
        "certified_in": certified_in,
        "rounds": rounds,
        "usage": usage,
        "unconfirmed": Usage(),
        "seconds": float(len(made)),
        "attempts": made,
    }
    return RunRow(**{**fields, **named})
