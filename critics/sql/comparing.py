"""Compares the results of a query with those of the reference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from modulo.critique import Critique, Violation
from modulo.errors import ProblemError

__all__ = ["Result", "compared"]

Result: TypeAlias = dict[str, Any]
"""``columns`` and ``rows``, or ``fault`` and ``message``."""


def compared(answered: Sequence[Mapping[str, Result]], *, is_ordered: bool) -> Critique:
    """The critique of a query by its results and those of the reference.

    Args:
        answered: For each database, the results of ``reference`` and ``candidate`` as the runner gives them.
        is_ordered: Whether the order of rows matters.

    Raises:
        ProblemError: A database could not be set up, or the reference failed.
    """
    violations: list[Violation] = []
    undecided: list[str] = []
    for number, results in enumerate(answered, start=1):
        _check_reference(number, results["reference"])
        if results["candidate"].get("fault") == "limit":
            undecided.append(f"database {number}: {results['candidate']['message']}")
        else:
            violations += _differences(number, results, is_ordered=is_ordered)
    if violations:
        return Critique.reject(*violations)
    if undecided:
        return Critique.undecided("; ".join(undecided))
    count = "1 database" if len(answered) == 1 else f"{len(answered)} databases"
    return Critique.accept(proves=f"the same result as the reference query on {count}")


def _check_reference(number: int, reference: Result) -> None:
    if "fault" in reference:
        part = "its script" if reference["fault"] == "setup" else "the reference query"
        raise ProblemError(f"database {number}: {part} fails: {reference['message']}")


def _differences(number: int, results: Mapping[str, Result], *, is_ordered: bool) -> Iterator[Violation]:
    expected, actual = results["reference"], results["candidate"]
    where = f"database {number}"
    if "fault" in actual:
        code = "forbidden" if actual["fault"] == "forbidden" else "query_fails"
        yield Violation(code, f"The query cannot be run: {actual['message']:.300}", location=where)
    elif expected["columns"] != actual["columns"]:
        yield Violation(
            "different_columns",
            "The result has another number of columns.",
            location=where,
            expected=str(expected["columns"]),
            actual=str(actual["columns"]),
        )
    else:
        yield from _different_rows(where, _rows(expected), _rows(actual), is_ordered=is_ordered)


def _rows(result: Result) -> list[str]:
    return [json.dumps(row) for row in result["rows"]]


def _different_rows(
    where: str, expected: list[str], actual: list[str], *, is_ordered: bool
) -> Iterator[Violation]:
    missing, extra = Counter(expected) - Counter(actual), Counter(actual) - Counter(expected)
    if missing:
        row = _shown(next(iter(missing)))
        message = f"{missing.total()} of {len(expected)} rows are missing or different."
        yield Violation("missing_rows", message, location=where, hint=f"one such row is {row}.")
    if extra:
        row = _shown(next(iter(extra)))
        yield Violation(
            "extra_rows", f"There are rows that do not belong there, such as {row}.", location=where
        )
    if is_ordered and not missing and not extra and expected != actual:
        yield Violation("wrong_order", "The rows are in another order.", location=where)


def _shown(row: str) -> str:
    """A row for people to read."""
    values = [_value_shown(*value) for value in json.loads(row)]
    return f"({', '.join(values):.200})"


def _value_shown(kind: str, text: Any) -> str:
    if kind == "NoneType":
        return "NULL"
    if kind == "float":
        return repr(float.fromhex(text))
    return repr(text) if kind == "str" else str(text)
