"""The critic of queries: the same results as a reference, on every database of the problem."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

import anyio

from modulo.canonical import JsonValue
from modulo.critics.deadline import checked_deadline
from modulo.critics.sql.comparing import Result, compared
from modulo.critics.sql.problem import SqlProblem
from modulo.critique import Critique, Soundness, Violation
from modulo.errors import ConfigurationError, MissingDependencyError
from modulo.numeric import is_whole_number
from modulo.protocols import Critic

__all__ = ["SameResult"]

_RUNNER: Final = Path(__file__).with_name("runner.py")
_MOST_CHARACTERS: Final = 100_000
_ENGINES: Final = ("sqlite", "duckdb")


class SameResult(Critic[SqlProblem, str]):
    """Judges whether a query gives the same result as the reference query, on each database of the problem.

    Each database is made afresh in memory, in a process of its own. After it is set up, the query can only read: no
    writing, attaching, pragmas, extensions, files or settings; one statement. Results are equal if they have as many
    columns and the same rows as often, in the same order where the problem says so. Values are compared exactly: NULL
    is NULL, 1 is neither 1.0 nor '1', floats are equal to the last bit. A query that should be tolerant rounds.

    **Sound for:** the results are equal on these databases, with the engine that is installed. That is a test: on
    other data, the query may differ from the reference.

    **Does not check:** names of columns; whether the reference is right; how fast the query is. What exceeds a limit
    is UNDECIDED. What asks for the time of day or for chance would give other results another time, and is refused;
    so is what DuckDB cannot show as a tree, such as ``PIVOT`` without ``IN``.

    Args:
        engine: ``"sqlite"``, which Python has, or ``"duckdb"``.
        max_seconds: Most wall-clock time for all databases.
        max_rows: Most rows of a reference's result.
        max_steps: Most steps of SQLite's virtual machine for one query; so what is too slow does not depend on the
            machine.
        max_memory_mb: Most memory for values, in units of 1024² bytes; held on Linux, and by DuckDB itself.

    Raises:
        ConfigurationError: A setting makes no sense.
    """

    proves = "the same result as the reference query on the databases of the problem"
    soundness = Soundness.TESTS
    version = "2"
    cost = 5.0

    def __init__(
        self,
        *,
        engine: Literal["sqlite", "duckdb"] = "sqlite",
        max_seconds: float = 10.0,
        max_rows: int = 10_000,
        max_steps: int = 20_000_000,
        max_memory_mb: int = 512,
    ) -> None:
        if engine not in _ENGINES:
            raise ConfigurationError(f"engine must be one of {', '.join(_ENGINES)}, not {engine!r}")
        limits = {"max_rows": max_rows, "max_steps": max_steps, "max_memory_mb": max_memory_mb}
        for name, value in limits.items():
            if not is_whole_number(value) or value < 1:
                raise ConfigurationError(f"{name} must be a positive integer, not {value!r}")
        self._engine, self._limits = engine, limits
        self._seconds = checked_deadline(max_seconds)

    def options(self) -> Mapping[str, JsonValue]:
        """The engine and the limits."""
        return {"engine": self._engine, "max_seconds": self._seconds, **self._limits}

    async def prepare(self) -> None:
        """Look for the engine.

        Raises:
            MissingDependencyError: DuckDB is not installed.
        """
        self._look_for_engine()

    async def critique(self, problem: SqlProblem, candidate: str) -> Critique:
        """Run both queries on every database.

        Raises:
            MissingDependencyError: DuckDB is not installed.
            ProblemError: A database cannot be set up, or the reference fails.
            RuntimeError: The process that runs queries died.
        """
        self._look_for_engine()
        if not isinstance(candidate, str) or not _is_unicode(candidate):
            return Critique.reject(Violation("malformed", "The answer is no text."))
        if len(candidate) > _MOST_CHARACTERS:
            return Critique.reject(
                Violation("too_long", f"A query of more than {_MOST_CHARACTERS:,} characters is not run.")
            )
        answered = None
        with anyio.move_on_after(self._seconds):
            answered = await self._answers(problem, candidate)
        if answered is None:
            return Critique.undecided(f"there is no result within {self._seconds:g} seconds")
        return compared(answered, is_ordered=problem.is_ordered)

    def _look_for_engine(self) -> None:
        if self._engine == "duckdb" and find_spec("duckdb") is None:
            raise MissingDependencyError(
                "SameResult(engine='duckdb') needs DuckDB: pip install 'llm-modulo[critics]'"
            )

    async def _answers(self, problem: SqlProblem, candidate: str) -> list[dict[str, Result]]:
        asked = {
            "engine": self._engine,
            "databases": problem.databases,
            "reference": problem.query,
            "candidate": candidate,
            **self._limits,
        }
        # Without the program's environment and time zone: nothing in it is a query's business.
        process = await anyio.run_process(
            [sys.executable, "-I", "-X", "utf8", str(_RUNNER)],
            input=json.dumps(asked).encode(),
            check=False,
            env={"TZ": "UTC"},
            cwd="/",
        )
        if process.returncode != 0:
            said = process.stderr.decode("utf-8", "replace").strip()[-300:]
            raise RuntimeError(f"the process that runs queries ended with {process.returncode}: {said}")
        found: list[dict[str, Result]] = json.loads(process.stdout)["databases"]
        return found


def _is_unicode(text: str) -> bool:
    """Whether there is no half of a character in a text."""
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)
