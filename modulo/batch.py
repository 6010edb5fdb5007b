"""Checks many candidates: JSON lines in, JSON objects out, in the same order."""

from __future__ import annotations

import json
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from modulo.canonical import canonical_json, parse_json
from modulo.checking import Checked, Checker
from modulo.critique import malformed_critique
from modulo.domain import Domain, find_domain
from modulo.errors import ModuloError, ProblemError
from modulo.graph import Graph
from modulo.running.together import run_together

__all__ = ["BatchRow", "check_lines", "check_one"]

_BYTES_KEPT: Final = 4_000_000
"""How long the problems that are kept may be, in all, as they stand in the rows."""
_ROWS_TOGETHER: Final = 32
"""Rows that are judged at the same time. How many processes work at a time is for their critics to limit."""
_ROWS_OF_A_CHUNK: Final = 128
"""Rows that are read before the first of them is answered."""
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
    return await _Reader(domain, graph or domain.graph_for_checking(), problem).check(document)


async def check_lines(lines: Iterable[bytes]) -> AsyncIterator[BatchRow]:
    """Judge the candidates of rows ``{"id", "domain", "problem", "candidate"}``, some at a time, in order."""
    readers = _Readers()
    remaining = iter(lines)
    while chunk := list(islice(remaining, _ROWS_OF_A_CHUNK)):
        for row in await _check_chunk(chunk, readers):
            yield row


async def _check_chunk(lines: Sequence[bytes], readers: _Readers) -> Sequence[BatchRow]:
    """Judge some rows at the same time: critics that wait for processes leave the others time to work."""
    answers: dict[int, BatchRow] = {}
    places = iter(range(len(lines)))

    async def work() -> None:
        # Where no critic waits, the first to come here does it all.
        for place in places:
            answers[place] = await _check_line(lines[place], readers)

    await run_together([work] * min(_ROWS_TOGETHER, len(lines)))
    return [answers[place] for place in range(len(lines))]


async def _check_line(line: bytes, readers: _Readers) -> BatchRow:
    started = time.perf_counter()
    row, checked, fault, is_read = {}, None, None, False
    try:
        row = _object(line)
        _check_fields(row)
        reader = readers.reader(row["domain"], row["problem"])
        is_read = True
        checked = await reader.check(row["candidate"])
    except ModuloError as error:
        fault = str(error)
    seconds = time.perf_counter() - started
    row_id = row["id"] if "id" in row else _readable_id(line)
    return BatchRow(document=_answer(row_id, checked, fault, seconds), is_read=is_read)


class _Reader:
    """Reads and judges the candidates of one problem."""

    def __init__(self, domain: Domain[Any], graph: Graph, problem: Any) -> None:
        self._domain, self._graph, self._problem = domain, graph, problem
        self._checker: Checker | None = None

    async def check(self, document: Any) -> Checked:
        try:
            candidate = self._domain.read_candidate(document, self._problem)
        except ValueError as error:
            return Checked(verdict="reject", critiques=(malformed_critique(error, critic="format"),))
        if self._checker is None:
            self._checker = Checker(self._graph, self._problem)
        return await self._checker.check(candidate)


class _Readers:
    """The problems of the rows before, the latest of them: many rows are about the same ones."""

    def __init__(self) -> None:
        self._domains: dict[str, tuple[Domain[Any], Graph]] = {}
        self._readers: OrderedDict[tuple[str, bytes], _Reader] = OrderedDict()
        self._bytes = 0

    def reader(self, name: object, document: Any) -> _Reader:
        """What reads candidates of the problem in a document.

        Raises:
            ModuloError: There is no such domain, or no such problem in it.
        """
        domain, graph = _domain(name, self._domains)
        key = (domain.name, canonical_json(document))
        if key in self._readers:
            self._readers.move_to_end(key)
            return self._readers[key]
        reader = self._readers[key] = _Reader(domain, graph, domain.read_problem(document))
        self._bytes += len(key[1])
        while self._bytes > _BYTES_KEPT and len(self._readers) > 1:
            self._bytes -= len(self._readers.popitem(last=False)[0][1])
        return reader


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
