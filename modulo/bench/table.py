"""Results of replays as documents, and as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from modulo.bench.replay import GroupResult
from modulo.bench.wording import estimated

__all__ = ["TITLES", "document_of", "rows_of"]

TITLES = (
    "suite",
    "model",
    "problems",
    "calls",
    "tokens read",
    "written",
    "tokens per certified answer",
    "dollars per certified answer",
    "solved after round 1, 2, ..",
)


def document_of(groups: Sequence[GroupResult]) -> dict[str, Any]:
    """The results as one JSON object; why runs ended before their time is not part of it."""
    documents: list[dict[str, Any]] = [msgspec.to_builtins(group) for group in groups]
    for document in documents:
        del document["errors"]
    return {"groups": documents}


def rows_of(groups: Sequence[GroupResult]) -> list[tuple[str, ...]]:
    """The results as rows of a table, below ``TITLES``."""
    return [
        (
            group.suite,
            group.model,
            f"{group.problems:,}",
            f"{group.calls:,}",
            f"{group.prompt_tokens:,}",
            f"{group.completion_tokens:,}",
            estimated(group.per_certified["tokens"], "tokens"),
            estimated(group.per_certified["cost_usd"], "cost_usd")
            if group.cost_usd is not None
            else "no price",
            _course(group.solved_after),
        )
        for group in groups
    ]


def _course(solved_after: Sequence[int]) -> str:
    """The numbers up to the last round that solved something more."""
    last = max(
        (n for n, solved in enumerate(solved_after) if solved > (solved_after[n - 1] if n else 0)), default=0
    )
    numbers = ", ".join(map(str, solved_after[: last + 1]))
    return numbers if last + 1 >= len(solved_after) else f"{numbers} and no more"
