"""Prints what was measured, as a table or as JSON."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from measuring import Row
from rich.console import Console
from rich.table import Table

import modulo

__all__ = ["describe_machine", "document", "print_table"]


def describe_machine() -> dict[str, Any]:
    """What it is measured on."""
    return {
        "modulo": modulo.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg(),
    }


def document(row: Row) -> dict[str, Any]:
    """A row as JSON."""
    return {**asdict(row), "median": row.median, "reached": row.is_reached}


def print_table(machine: dict[str, Any], rows: Sequence[Row]) -> None:
    """Rows as a table."""
    table = Table(title=_title(machine), title_justify="left", show_lines=False)
    table.add_column("what", overflow="fold", min_width=40)
    table.add_column("median (least to most)", justify="right")
    table.add_column("CPU time", justify="right")
    table.add_column("to reach", justify="right")
    table.add_column("reached")
    table.add_column("how", overflow="fold")
    for row in rows:
        table.add_row(
            row.what, _measured(row.values, row.unit), _measured(row.cpu), _figure(row), _reached(row), row.note
        )
    console = Console()
    # A pipe has no width; a table folded to 80 columns is hard to read.
    console.print(table) if console.is_terminal else Console(width=200).print(table)


def _title(machine: dict[str, Any]) -> str:
    before, after = machine["load_before"][0], machine["load_after"][0]
    return (
        f"modulo {machine['modulo']}, Python {machine['python']}, {machine['cores']} cores, "
        f"load {before:.1f} before and {after:.1f} after"
    )


def _measured(values: Sequence[float], unit: str = "") -> str:
    if not values:
        return ""
    spread = f" ({_number(min(values))} to {_number(max(values))})" if len(values) > 1 else ""
    return f"{_number(statistics.median(values))} {unit}".rstrip() + spread


def _figure(row: Row) -> str:
    if row.reach is None:
        return ""
    return f"{'≥' if row.at_least else '≤'} {_number(row.reach)} {row.unit}"


def _reached(row: Row) -> str:
    if row.is_reached is None:
        return ""
    if row.is_reached_in_cpu_time and not row.is_reached:
        return "no (in CPU time, yes)"
    return "yes" if row.is_reached else "no"


def _number(value: float) -> str:
    """Three digits that matter."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
