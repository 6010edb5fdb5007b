"""Checks many candidates: JSON lines in, JSON objects out, in the same order."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, Final

from modulo.canonical import parse_json
from modulo.checking import Checked, check
from modulo.critique import malformed_critique
from modulo.domain import Domain, find_domain
from modulo.errors import ModuloError, ProblemError
from modulo.graph import Graph

__all__ = ["BatchRow", "check_lines", "check_one"]

_LEADING_ID: Final = re.compile(r'\s*\{\s*"id"\s*:\s*')


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """The answer to one row.

    Attributes:
        document: ``id``, ``verdict``, ``violations`` and ``seconds``; ``error`` where the verdict is one.
        is_read: Whether the row was one at all: JSON, with the four fields, of a domain that is installed and
            a problem that the domain understands.
    """

    document: dict[str, Any]
    is_read: bool


async def check_one(domain: Domain[Any], problem: Any, document: Any, *, graph: Graph | None = None) -> Checked:
    """Judge the candidate in a document. One without the domain's form is rejected as malformed.

    Raises:
        ModuloError: As ``modulo.checking.check``.
    """
    try:
        candidate = domain.read_candidate(document, problem)
    except ValueError as error:
        return Checked(verdict="reject", critiques=(malformed_critique(error, critic="format"),))
    return await check(graph or domain.graph_for_checking(), problem, candidate)


async def check_lines(lines: Iterable[bytes]) -> AsyncIterator[BatchRow]:
    """Judge the candidates of rows ``{"id", "domain", "problem", "candidate"}``, one after the other."""
    domains: dict[str, tuple[Domain[Any], Graph]] = {}
    for line in lines:
        started = time.perf_counter()
        row, checked, fault, is_read = {}, None, None, False
        try:
            row = _object(line)
            _check_fields(row)
            domain, graph = _domain(row["domain"], domains)
            problem = domain.read_problem(row["problem"])
            is_read = True
            checked = await check_one(domain, problem, row["candidate"], graph=graph)
        except ModuloError as error:
            fault = str(error)
        seconds = time.perf_counter() - started
        row_id = row["id"] if "id" in row else _readable_id(line)
        yield BatchRow(document=_answer(row_id, checked, fault, seconds), is_read=is_read)


def _object(line: bytes) -> dict[str, Any]:
    row = parse_json(line)
    if not isinstance(row, dict):
        raise ProblemError("a row is not a JSON object")
    return row


def _check_fields(row: dict[str, Any]) -> None:
    missing = [name for name in ("id", "domain", "problem", "candidate") if name not in row]
    if missing:
        raise ProblemError(f"a row has no {', '.join(missing)}")


def _readable_id(line: bytes) -> Any:
    """The id of a row that is no JSON in the strict sense, or none at all; None if no single id stands there."""
    text = line.decode("utf-8-sig", "surrogateescape")
    try:
        try:
            row = json.loads(text, object_pairs_hook=_single_id)
        except (ValueError, RecursionError):  # cut off, or too deep; the id may stand at its beginning
            start = _LEADING_ID.match(text)
            row = {"id": json.JSONDecoder().raw_decode(text, start.end())[0]} if start else {}
        row_id = row.get("id") if isinstance(row, dict) else None
        json.dumps(row_id, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return row_id


def _single_id(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if [key for key, _ in pairs].count("id") > 1:
        del row["id"]
    return row


def _domain(name: object, known: dict[str, tuple[Domain[Any], Graph]]) -> tuple[Domain[Any], Graph]:
    if not isinstance(name, str):
        raise ProblemError("a row's domain is not a name")
    if name not in known:
        domain = find_domain(name)
        known[name] = (domain, domain.graph_for_checking())
    return known[name]


def _answer(row_id: Any, checked: Checked | None, fault: str | None, seconds: float) -> dict[str, Any]:
    critiques = checked.critiques if checked else ()
    document: dict[str, Any] = {
        "id": row_id,
        "verdict": checked.verdict if checked else "error",
        "violations": [
            {"code": violation.code, "message": violation.message, "location": violation.location}
            for critique in critiques
            for violation in critique.violations
        ],
        "seconds": round(seconds, 6),
    }
    reasons = [fault] if fault else [critique.reason for critique in critiques if critique.reason]
    return document | ({"error": "; ".join(filter(None, reasons))} if reasons else {})
