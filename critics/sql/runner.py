"""Runs queries on fresh databases, in a process of its own with limits on memory and files.

It is started as a program and uses the standard library alone (and DuckDB where asked for it). One JSON document
comes on standard input and one goes to standard output::

    {"engine", "databases": [script], "reference", "candidate", "max_rows", "max_steps", "max_memory_mb"}
    {"databases": [{"reference": result, "candidate": result}]}

where a result is ``{"columns", "rows"}`` or ``{"fault", "message"}``; a fault is ``setup``, ``query``, ``forbidden``
or ``limit``. Values are pairs of a type's name and a text, so that 1, 1.0, "1" and true stay apart.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

_MOST_OUTPUT: Final = 50_000_000
"""Most characters of the values of one result."""
_MOST_VALUE: Final = 1_000_000
"""Most bytes of one value in SQLite."""
_STEPS_AT_ONCE: Final = 1_000
_READS: Final = frozenset(
    (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
)
_NEVER: Final = frozenset(
    (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_CREATE_VTABLE)
)
_NO_FUNCTIONS: Final = frozenset(
    ("load_extension", "random", "randomblob", "current_date", "current_time", "current_timestamp")
)
"""They leave the database, or give something else each time."""


class Fault(Exception):
    """Why there is no result.

    Attributes:
        kind: ``setup``, ``query``, ``forbidden`` or ``limit``.
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


def main() -> None:
    """Answer the document on standard input, under limits."""
    asked = json.load(sys.stdin)
    _confine(asked["max_memory_mb"])
    json.dump(answer(asked), sys.stdout)


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Run both queries of a document on each of its databases."""
    engine = {"sqlite": Sqlite, "duckdb": DuckDb}[asked["engine"]]
    return {"databases": [_on_database(engine, script, asked) for script in asked["databases"]]}


def _on_database(engine: Any, script: str, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        database = engine(script, asked)
    except Fault as fault:
        return {"reference": _told(fault), "candidate": _told(fault)}
    reference = _result(database.run, asked["reference"], asked["max_rows"] + 1)
    if len(reference.get("rows", ())) > asked["max_rows"]:
        reference = _told(Fault("limit", f"it gives more than {asked['max_rows']} rows"))
    # One row more than there should be settles it.
    most = len(reference.get("rows", ())) + 1
    return {"reference": reference, "candidate": _result(database.run, asked["candidate"], most)}


def _told(fault: Fault) -> dict[str, Any]:
    return {"fault": fault.kind, "message": str(fault)}


def _result(run: Callable[[str, int], tuple[int, Sequence[Any]]], query: str, most: int) -> dict[str, Any]:
    try:
        columns, rows = run(query, most)
        return {"columns": columns, "rows": list(_encoded(rows))}
    except Fault as fault:
        return _told(fault)
    except MemoryError:
        return {"fault": "limit", "message": "it takes too much memory"}


def _encoded(rows: Sequence[Any]) -> Iterator[list[Any]]:
    size = 0
    for row in rows:
        encoded = [_value(value) for value in row]
        size += len(json.dumps(encoded))
        if size > _MOST_OUTPUT:
            raise Fault("limit", "the result is too large")
        yield encoded


def _value(value: object) -> list[Any]:
    """A value as its type and a text that is the same for equal values only."""
    name = type(value).__name__
    if isinstance(value, float):
        return [name, (value + 0.0).hex()]  # -0.0 is 0.0
    if isinstance(value, list | tuple):
        return [name, [_value(one) for one in value]]
    if isinstance(value, dict):
        return [name, [[_value(key), _value(one)] for key, one in value.items()]]
    if isinstance(value, bytes):
        return [name, value.hex()]
    if name == "Decimal":
        return [name, str(value.normalize())]  # type: ignore[attr-defined]
    return [name, str(value)]


class Sqlite:
    """A fresh database in memory, read-only once it is set up."""

    def __init__(self, script: str, asked: dict[str, Any]) -> None:
        self._most_steps: int = asked["max_steps"]
        self._steps = 0
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
        self._connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        self._connection.execute("PRAGMA temp_store = MEMORY")
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE)
        self._connection.set_progress_handler(self._counts, _STEPS_AT_ONCE)
        self._connection.set_authorizer(_may_set_up)
        with self._faults("setup"):
            self._connection.executescript(script)
        if self._connection.in_transaction:
            raise Fault("setup", "a transaction is left open")
        self._connection.set_authorizer(None)
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.set_authorizer(_may_read)

    def run(self, query: str, most: int) -> tuple[int, Sequence[Any]]:
        """How many columns the result has, and so many of its rows at most."""
        self._steps = 0
        with self._faults("query"):
            cursor = self._connection.execute(query)
            if cursor.description is None:
                raise Fault("query", "it gives no result")
            return len(cursor.description), cursor.fetchmany(most)

    def _counts(self) -> int:
        self._steps += _STEPS_AT_ONCE
        return self._steps > self._most_steps

    @contextmanager
    def _faults(self, kind: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            if self._steps > self._most_steps or "too big" in str(error):
                raise Fault("limit", "it takes too many steps or makes values that are too long") from error
            is_forbidden = "not authorized" in str(error) or "prohibited" in str(error)
            raise Fault("forbidden" if is_forbidden and kind == "query" else kind, str(error)) from error


def _may_set_up(action: int, one: str | None, other: str | None, *where: str | None) -> int:
    return sqlite3.SQLITE_DENY if action in _NEVER or _is_forbidden(action, other) else sqlite3.SQLITE_OK


def _may_read(action: int, one: str | None, other: str | None, *where: str | None) -> int:
    allowed = action in _READS and not _is_forbidden(action, other)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _is_forbidden(action: int, function: str | None) -> bool:
    return action == sqlite3.SQLITE_FUNCTION and (function or "").lower() in _NO_FUNCTIONS


class DuckDb:
    """A fresh database in memory that reaches no files, extensions or settings; it is asked with SELECT alone."""

    def __init__(self, script: str, asked: dict[str, Any]) -> None:
        import duckdb

        self._library = duckdb
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "temp_directory": "",
                "threads": "1",
                "memory_limit": f"{asked['max_memory_mb']}MB",
                "lock_configuration": "true",
            },
        )
        with self._faults("setup"):
            self._connection.execute(script)

    def run(self, query: str, most: int) -> tuple[int, Sequence[Any]]:
        """How many columns the result has, and so many of its rows at most."""
        with self._faults("query"):
            statements = self._connection.extract_statements(query)
            if len(statements) != 1 or statements[0].type != self._library.StatementType.SELECT:
                raise Fault("forbidden", "it is not one SELECT")
            found = self._connection.execute(statements[0])
            return len(found.description or ()), found.fetchmany(most)

    @contextmanager
    def _faults(self, kind: str) -> Iterator[None]:
        try:
            yield
        except self._library.OutOfMemoryException as error:
            raise Fault("limit", "it takes too much memory") from error
        except self._library.PermissionException as error:
            raise Fault("forbidden" if kind == "query" else kind, str(error)) from error
        except (self._library.Error, ValueError) as error:
            raise Fault(kind, str(error)) from error


def _confine(max_memory_mb: int) -> None:
    """Take what must not be needed: memory beyond the limit (held on Linux), and files to write to."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        # Beyond what the interpreter and DuckDB map without using it.
        most = (max_memory_mb + 2_000) * 1024**2
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
