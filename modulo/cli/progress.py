"""A run as it happens: a live table on a terminal, plain lines elsewhere. Both go to standard error."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from modulo.budget import Usage
from modulo.cli.output import printable
from modulo.critique import Critique, Verdict
from modulo.events import (
    ArtefactWithdrawn,
    AttemptFinished,
    BudgetSettled,
    CritiqueGiven,
    Event,
    GenerationStarted,
    Retry,
)

__all__ = ["Progress", "progress"]

_NARROWEST_TABLE = 60
_LONGEST_CELL = 80


class Progress(Protocol):
    """Shows events."""

    def __enter__(self) -> Progress: ...

    def __exit__(self, *error: object) -> None: ...

    def show(self, event: Event) -> None:
        """Take notice of an event."""
        ...


def progress(*, quiet: bool) -> Progress:
    """The progress that suits standard error; with ``quiet``, none at all."""
    if quiet:
        return _Silence()
    console = Console(file=sys.stderr)
    fits = console.width >= _NARROWEST_TABLE and not console.is_dumb_terminal
    return _LiveTable(console) if console.is_terminal and fits else _PlainLines()


@dataclass(slots=True)
class _Row:
    """One attempt so far."""

    attempt: int
    round: int
    node: str
    started: float
    state: str = "asking"
    violations: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def hear(self, critique: Critique) -> None:
        if critique.verdict is Verdict.REJECT:
            self.violations.update(violation.code for violation in critique.violations)
        elif critique.failed:
            self.violations[f"{critique.critic} failed"] += 1

    def finish(self, event: AttemptFinished) -> None:
        self.seconds = event.at - self.started
        if event.accepted:
            self.state = "accepted"
        else:
            self.state = "failed" if event.error else "rejected"
            if event.error and not self.violations:
                self.violations[event.error] += 1

    @property
    def faults(self) -> str:
        return ", ".join(f"{n} {code}" if n > 1 else code for code, n in self.violations.items())


class _Board:
    """Keeps the rows and the sums."""

    def __init__(self) -> None:
        self.rows: dict[int, _Row] = {}
        self.spent = Usage()
        self.at = 0.0
        self.notice = ""

    def take(self, event: Event) -> _Row | None:
        """Book an event; the row of an attempt that has just finished."""
        self.at = event.at
        match event:
            case GenerationStarted():
                for attempt in range(event.attempt, event.attempt + event.samples):
                    self.rows[attempt] = _Row(attempt, event.round, event.node, event.at)
            case CritiqueGiven():
                self.rows[event.attempt].hear(event.critique)
            case BudgetSettled():
                self.spent = self.spent + event.bill
            case Retry():
                self.notice = f"{event.kind}: trying again in {event.wait_seconds:.1f} s ({event.message})"
            case ArtefactWithdrawn():
                self.notice = f"attempts {', '.join(map(str, event.withdrawn))} withdrawn"
            case AttemptFinished():
                row = self.rows[event.attempt]
                row.finish(event)
                self.notice = ""
                return row
        return None

    @property
    def sums(self) -> str:
        return f"{self.spent.tokens:,} tokens, ${self.spent.cost_usd:.4f}, {self.at:.1f} s"


class _PlainLines:
    """A line for every attempt, as it finishes."""

    def __init__(self) -> None:
        self._board = _Board()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def show(self, event: Event) -> None:
        row = self._board.take(event)
        if row is not None:
            faults = f": {printable(row.faults)}" if row.faults else ""
            line = f"round {row.round}: {row.state}{faults} ({self._board.sums})"
            print(line, file=sys.stderr, flush=True)
        elif isinstance(event, Retry):
            print(printable(self._board.notice), file=sys.stderr, flush=True)


class _LiveTable:
    """A table of the latest attempts, with a bar that shrinks with the violations."""

    _MOST_ROWS = 15
    _WIDEST_BAR = 20

    def __init__(self, console: Console) -> None:
        self._board = _Board()
        self._block = "█" if console.encoding.lower().startswith("utf") else "#"
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=8)

    def __enter__(self) -> Progress:
        self._live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._live.__exit__(*error)

    def show(self, event: Event) -> None:
        self._board.take(event)

    def _table(self) -> Table:
        rows = list(self._board.rows.values())
        caption = self._board.sums + (f"\n{_plain(self._board.notice)}" if self._board.notice else "")
        table = Table(caption=caption, caption_justify="left", expand=False)
        for title in ("round", "generator", "verdict", "violations", "what", "seconds"):
            table.add_column(title, justify="right" if title in ("round", "seconds") else "left")
        if len(rows) > self._MOST_ROWS:
            table.add_row("", "", f"{len(rows) - self._MOST_ROWS} more", "", "", "")
        for row in rows[-self._MOST_ROWS :]:
            table.add_row(str(row.round), row.node, *self._cells(row))
        return table

    def _cells(self, row: _Row) -> tuple[str, str, str, str]:
        style = {"accepted": "green", "rejected": "red", "failed": "yellow"}.get(row.state, "dim")
        count = row.violations.total()
        bar = f"{self._block * min(count, self._WIDEST_BAR)} {count}" if count else ""
        seconds = f"{row.seconds:.1f}" if row.seconds else ""
        return f"[{style}]{row.state}[/{style}]", bar, _plain(row.faults), seconds


class _Silence:
    """Shows nothing."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def show(self, event: Event) -> None:
        return None


def _plain(text: str) -> str:
    """Text in which rich finds no markup: it may come from a model."""
    from rich.markup import escape

    return escape(printable(text[:_LONGEST_CELL]))
