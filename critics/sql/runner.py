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
_TIMES: Final = {"date": 0, "time": 0, "datetime": 0, "julianday": 0, "unixepoch": 0, "strftime": 1}
"""Functions of SQLite that take the time of day where their value of time, at this place, is left out or a word."""
_NOW: Final = frozenset(("now", "subsec", "subsecond"))
_CLOCKS: Final = frozenset(
    (
        *("current_date", "current_time", "current_timestamp", "current_localtime", "current_localtimestamp"),
        *("localtime", "localtimestamp", "now", "today", "transaction_timestamp", "txid_current"),
        *("get_current_time", "get_current_timestamp"),
    )
)
"""Functions of DuckDB that give something else another time, besides those that it calls volatile itself."""
_RUN_TEXTS: Final = frozenset(("query", "query_table"))


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
        self._asked_for_now = False
        self._refuse_now()
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
        self._steps, self._asked_for_now = 0, False
        with self._faults("query"):
            cursor = self._connection.execute(query)
            if cursor.description is None:
                raise Fault("query", "it gives no result")
            return len(cursor.description), cursor.fetchmany(most)

    def _refuse_now(self) -> None:
        """Put functions that refuse the time of day in place of those that give it."""
        clock = sqlite3.connect(":memory:")
        for name, place in (*_TIMES.items(), ("timediff", 0)):

            def told(*given: Any, name: str = name, place: int = place) -> Any:
                values = given[:2] if name == "timediff" else given[place : place + 1]
                if not values or any(map(_is_now, values)):
                    self._asked_for_now = True
                    raise ValueError(f"{name} of the time of day")
                marks = ", ".join("?" * len(given))
                return clock.execute(f"SELECT {name}({marks})", given).fetchone()[0]

            self._connection.create_function(name, -1, told, deterministic=True)

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
            if self._asked_for_now:
                raise Fault("forbidden" if kind == "query" else kind, "it asks for the time of day") from error
            is_forbidden = "not authorized" in str(error) or "prohibited" in str(error)
            raise Fault("forbidden" if is_forbidden and kind == "query" else kind, str(error)) from error


def _is_now(value: object) -> bool:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return isinstance(text, str) and text.partition("\0")[0].lower() in _NOW


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
            self._refuse_chance_and_now(query)
            found = self._connection.execute(statements[0])
            return len(found.description or ()), found.fetchmany(most)

    def _refuse_chance_and_now(self, query: str) -> None:
        ((text,),) = self._connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()
        tree = json.loads(text)
        if tree["error"]:
            raise Fault("forbidden", "it cannot be looked into for chance and the time of day")
        named = "SELECT function_name FROM duckdb_functions() WHERE stability = 'VOLATILE'"
        functions = {name for (name,) in self._connection.execute(named).fetchall()} | _CLOCKS | _RUN_TEXTS
        columns = self._connection.execute("SELECT lower(column_name) FROM duckdb_columns()").fetchall()
        clocks = _CLOCKS - {name for (name,) in columns}
        for part in _parts(tree):
            name = str(part.get("function_name")).lower()
            is_to_now = name == "age" and len(part.get("arguments", part.get("children", ()))) == 1
            # Without parentheses, a clock looks like a column.
            is_clock = part.get("class") == "COLUMN_REF" and clocks >= {*map(str.lower, part["column_names"])}
            if name in functions or is_to_now or is_clock or part.get("sample"):
                raise Fault("forbidden", "it asks for chance or the time of day, or runs a text")

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


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON document."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
        waiting += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()


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
