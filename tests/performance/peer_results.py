"""What came of each setup, counted and printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counting_proxy import Account
from rich.console import Console
from rich.table import Table

__all__ = ["ENDS", "Result", "print_results"]

ENDS = ("right", "wrong", "wrong, low score shown", "nothing", "deadline")
"""Wrong answers count apart where the library hands out, without being asked, a score that tells so."""


@dataclass(slots=True, kw_only=True)
class Result:
    """What came of one setup on all problems.

    Attributes:
        name: Library and strategy.
        ends: How many runs came to which of ``ENDS``.
        tokens: Billed.
        most_tokens: Of the run that took most.
        calls: Answered by the model.
        refused: Calls that were made past the budget.
        seconds: Wall time of all runs, without imports.
        model_seconds: What of that, or beside that where calls overlap, the model took.
        errors: What was raised in place of an answer, and how often.
        presented: Of each problem, how it ended.
    """

    name: str
    ends: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    most_tokens: int = 0
    calls: int = 0
    refused: int = 0
    seconds: float = 0.0
    model_seconds: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)
    presented: list[str] = field(default_factory=list)

    def add(self, end: str, account: Account, seconds: float) -> None:
        """Count one run."""
        self.ends[end] += 1
        self.presented.append(end)
        self.tokens += account.tokens
        self.most_tokens = max(self.most_tokens, account.tokens)
        self.calls += account.calls
        self.refused += account.refused
        self.seconds += seconds
        self.model_seconds += account.seconds

    def document(self) -> dict[str, Any]:
        """As JSON."""
        names = ("name", "tokens", "most_tokens", "calls", "refused", "seconds", "model_seconds", "presented")
        return {
            **{name: getattr(self, name) for name in names},
            "ends": {end: self.ends[end] for end in ENDS},
            "errors": dict(self.errors),
        }


def print_results(title: str, results: Sequence[Result]) -> None:
    """A table, and below it what was raised."""
    table = Table(*(_COLUMNS), title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for result in results:
        table.add_row(*_cells(result))
    console = Console(width=160)
    console.print(table)
    for result in results:
        for error, count in result.errors.most_common(3):
            console.print(f"{result.name}, {count} times: {error}", markup=False)


_COLUMNS = (
    "", "right", "wrong", "wrong, low\nscore shown", "nothing", "deadline", "tokens", "tokens for\na right one",
    "most in\na run", "calls", "refused", "seconds", "outside the\nmodel, a call",
)  # fmt: skip


def _cells(result: Result) -> Sequence[str]:
    right = result.ends["right"]
    outside = max(0.0, result.seconds - result.model_seconds) / max(1, result.calls + result.refused)
    return (
        result.name,
        *(str(result.ends[end]) for end in ENDS),
        f"{result.tokens:,}",
        f"{result.tokens / right:,.0f}" if right else "-",
        f"{result.most_tokens:,}",
        f"{result.calls:,}",
        f"{result.refused:,}",
        f"{result.seconds:.1f}",
        f"{outside * 1000:.1f} ms",
    )
