"""What commands print: results on standard output, as text for people or as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
from msgspec.structs import asdict
from rich.console import Console
from rich.table import Table

from modulo.budget import Usage
from modulo.canonical import JsonValue, parse_json
from modulo.critique import Critique, critique_json
from modulo.domain import Domain, read_file
from modulo.errors import ProblemError
from modulo.outcome import Certified, Exhausted, Outcome, StopReason

__all__ = [
    "NO_ROOM",
    "calls_words",
    "critique_lines",
    "had_no_room",
    "outcome_json",
    "print_json",
    "print_table",
    "printable",
    "read_document",
    "read_problem",
    "signature_file",
    "usage_words",
]

NO_ROOM: Final = (
    "prompt and longest answer do not fit the budget; raise that, or lower the model's longest answer "
    "(max-output-tokens)"
)
"""Why nothing was asked."""


def had_no_room(stop_reason: StopReason, attempts: int) -> bool:
    """Whether a run has ended without a call because the budget had no room for its worst case."""
    return not attempts and stop_reason in (StopReason.TOKENS_LIMIT, StopReason.COST_LIMIT)


def print_json(document: object) -> None:
    """One JSON document on one line of standard output."""
    click.echo(json.dumps(document))


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, names: int) -> None:
    """A table on a terminal, else lines with tabs.

    Args:
        titles: Of the columns.
        rows: Below them; what would steer a terminal is taken out.
        names: How many columns, from the first on, are words; the others are figures.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    console = Console()
    if not console.is_terminal:
        flat = [[" ".join(cell.split()) for cell in row] for row in (titles, *shown)]
        click.echo("\n".join("\t".join(row) for row in flat))
        return
    table = Table()
    for number, title in enumerate(titles):
        table.add_column(title, justify="left" if number < names else "right", overflow="fold")
    for row in shown:
        table.add_row(*row)
    console.print(table, markup=False)


def read_document(path: Path) -> JsonValue:
    """The JSON value in a file, or its text if it holds no JSON.

    Raises:
        ProblemError: The file cannot be read, or is not text.
    """
    try:
        text = read_file(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(f"{path} is not UTF-8 text") from error
    try:
        document: JsonValue = parse_json(text)
    except ProblemError:
        return text
    return document


def read_problem(domain: Domain[Any], path: Path) -> Any:
    """The problem in a file.

    Raises:
        ProblemError: There is none; the message names the file.
    """
    try:
        return domain.read_problem_file(path)
    except ProblemError as error:
        if str(path) in str(error):
            raise
        raise ProblemError(f"{path}: {error}") from error


def signature_file(certificate: Path) -> Path:
    """Where the signature of a certificate's file stands unless somebody says otherwise."""
    return certificate.with_name(f"{certificate.name}.sig")


def outcome_json(outcome: Outcome[Any]) -> dict[str, Any]:
    """An outcome as a JSON object."""
    certificate = None if isinstance(outcome, Exhausted) else outcome.certificate.model_dump()
    return {
        "outcome": type(outcome).__name__.lower(),
        "stop_reason": outcome.stop_reason.value,
        "solution": certificate["solution"] if certificate and isinstance(outcome, Certified) else None,
        "claim": certificate["claim"] if certificate else None,
        "certificate": certificate,
        "error": getattr(outcome, "error", None),
        "rounds": outcome.usage.rounds,
        "attempts": [
            {
                "attempt": attempt.id,
                "round": attempt.round,
                "accepted": attempt.accepted,
                "critiques": [critique_json(critique) for critique in attempt.critiques],
                "error": attempt.error,
            }
            for attempt in outcome.attempts
        ],
        "usage": asdict(outcome.usage),
        "unconfirmed": asdict(outcome.unconfirmed),
        "seconds": round(outcome.seconds, 3),
    }


def printable(text: str) -> str:
    """A text without characters that would steer a terminal; it may come from a model."""
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


def critique_lines(critiques: tuple[Critique, ...]) -> list[str]:
    """Critiques for people, a line a critic and a line a violation."""
    lines = []
    for critique in critiques:
        reason = f": {critique.reason}" if critique.reason else ""
        lines.append(printable(f"{critique.critic}: {critique.verdict}{reason}"))
        for violation in critique.violations:
            where = f"{violation.location}: " if violation.location else ""
            lines.append(printable(f"  {violation.code}: {where}{violation.message}"))
    return lines


def usage_words(usage: Usage, unconfirmed: Usage, seconds: float) -> str:
    """What a run spent, in one line."""
    words = [_count(usage.rounds, "round"), _count(usage.attempts, "attempt")]
    return ", ".join([*words, calls_words(usage, unconfirmed, seconds)])


def calls_words(usage: Usage, unconfirmed: Usage, seconds: float) -> str:
    """What some calls cost, in one line."""
    words = [
        _count(usage.calls, "call"),
        f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens",
        f"${usage.cost_usd:.6f}".rstrip("0").rstrip(".") if usage.cost_usd else "$0",
        f"{seconds:.1f} s",
    ]
    if unconfirmed.tokens or unconfirmed.cost_usd:
        words.append(f"unconfirmed: up to {unconfirmed.tokens:,} tokens, ${unconfirmed.cost_usd:.6f}")
    return ", ".join(words)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
