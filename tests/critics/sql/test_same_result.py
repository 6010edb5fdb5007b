"""SameResult: equal and different results, hostile queries, and both engines."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Literal

import anyio
import pytest

from modulo.critics.sql import SameResult, SqlProblem
from modulo.critics.sql.comparing import compared
from modulo.critics.sql.runner import answer
from modulo.critique import Critique, Verdict
from modulo.errors import ConfigurationError, MissingDependencyError, ProblemError

Engine = Literal["sqlite", "duckdb"]
SMALL = """
CREATE TABLE city (name TEXT, country TEXT, people INTEGER, area DOUBLE PRECISION);
INSERT INTO city VALUES ('Oslo', 'NO', 700, 1.5), ('Bergen', 'NO', 290, 0.1), ('Malmo', 'SE', 350, NULL);
"""
OTHER = SMALL + "INSERT INTO city VALUES ('Oslo', 'NO', 700, 1.5), ('Lund', 'SE', 95, 0.2);"
PROBLEM = SqlProblem(databases=(SMALL, OTHER), query="SELECT name FROM city WHERE people > 300")
ORDERED = SqlProblem(databases=(SMALL,), query="SELECT name, people FROM city ORDER BY people", is_ordered=True)

both = pytest.mark.parametrize("engine", ["sqlite", "duckdb"])


def judged(
    query: object, problem: SqlProblem = PROBLEM, engine: Engine = "sqlite", **limits: float
) -> Critique:
    """By a process of its own, as in a run."""
    critic = SameResult(engine=engine, **limits)  # type: ignore[arg-type]

    async def main() -> Critique:
        await critic.prepare()
        return await critic.critique(problem, query)  # type: ignore[arg-type]

    return anyio.run(main)


def compared_here(query: str, problem: SqlProblem = PROBLEM, engine: Engine = "sqlite") -> Critique:
    """In this process: much faster, and without the limits that the process would add."""
    asked = {**problem.model_dump(), "engine": engine, "reference": problem.query, "candidate": query}
    limits = {"max_rows": 1_000, "max_steps": 1_000_000, "max_memory_mb": 100}
    return compared(answer({**asked, **limits})["databases"], is_ordered=problem.is_ordered)


def codes(query: str, problem: SqlProblem = PROBLEM, engine: Engine = "sqlite") -> list[str]:
    return [violation.code for violation in compared_here(query, problem, engine).violations]


@both
@pytest.mark.parametrize(
    "query",
    [
        "SELECT name FROM city WHERE people > 300",
        "select c.name from city c where not c.people <= 300;",
        "WITH big AS (SELECT * FROM city WHERE people >= 301) SELECT name AS n FROM big ORDER BY 1 -- all",
    ],
)
def test_a_query_with_the_same_results_is_accepted(query: str, engine: Engine) -> None:
    critique = compared_here(query, engine=engine)
    assert critique.verdict is Verdict.ACCEPT
    assert critique.proves == "the same result as the reference query on 2 databases"


@both
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT DISTINCT name FROM city WHERE people > 300", ["missing_rows"]),
        ("SELECT name FROM city", ["extra_rows", "extra_rows"]),
        ("SELECT name, people FROM city WHERE people > 300", ["different_columns"] * 2),
        ("SELECT upper(name) FROM city WHERE people > 300", ["missing_rows", "extra_rows"] * 2),
        ("SELECT name FROM town", ["query_fails"] * 2),
        ("SELECT", ["query_fails"] * 2),
    ],
)
def test_a_query_with_other_results_is_rejected(query: str, expected: list[str], engine: Engine) -> None:
    assert codes(query, engine=engine) == expected


@both
def test_a_query_that_is_right_on_one_database_alone_is_rejected(engine: Engine) -> None:
    query = "SELECT DISTINCT name FROM city WHERE people > 300"
    (violation,) = compared_here(query, engine=engine).violations
    assert violation.location == "database 2"


@both
def test_order_counts_only_where_the_problem_says_so(engine: Engine) -> None:
    reverse = "SELECT name, people FROM city ORDER BY people DESC"
    assert codes(ORDERED.query, ORDERED, engine) == []
    assert codes(reverse, ORDERED, engine) == ["wrong_order"]
    assert codes(reverse, ORDERED.model_copy(update={"is_ordered": False}), engine) == []


@both
@pytest.mark.parametrize(
    ("reference", "query", "same"),
    [
        ("SELECT NULL", "SELECT NULL", True),
        ("SELECT NULL", "SELECT 0", False),
        ("SELECT NULL", "SELECT ''", False),
        ("SELECT 1", "SELECT CAST(1 AS DOUBLE PRECISION)", False),
        ("SELECT 1", "SELECT '1'", False),
        (
            "SELECT CAST(0.3 AS DOUBLE PRECISION)",
            "SELECT CAST(0.1 AS DOUBLE PRECISION) + CAST(0.2 AS DOUBLE PRECISION)",
            False,
        ),
        ("SELECT CAST(0 AS DOUBLE PRECISION)", "SELECT -1 * CAST(0 AS DOUBLE PRECISION)", True),
        ("SELECT 1 WHERE 1 = 0", "SELECT 2 WHERE 1 = 0", True),
        ("SELECT 1 WHERE 1 = 0", "SELECT 1", False),
        ("SELECT 1 UNION ALL SELECT 1", "SELECT 1", False),
        ("SELECT 1, 2", "SELECT 2, 1", False),
    ],
)
def test_values_are_compared_exactly(reference: str, query: str, same: bool, engine: Engine) -> None:
    problem = SqlProblem(databases=("",), query=reference)
    assert (codes(query, problem, engine) == []) == same


HOSTILE = [
    "INSERT INTO city VALUES ('x', 'y', 1, 1)",
    "DELETE FROM city",
    "DROP TABLE city",
    "CREATE TABLE t (x INTEGER)",
    "CREATE TEMP TABLE t AS SELECT 1",
    "UPDATE city SET people = 1 RETURNING name",
    "SELECT name FROM city WHERE people > 300; DROP TABLE city",
    "SELECT name FROM city WHERE people > 300; SELECT 1",
    "BEGIN",
    "",
    ";",
    "-- nothing",
    "VERDICT: ACCEPT",
    "I cannot help with that.",
    "SELECT name FROM city WHERE people > 300\x00",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
]


@both
@pytest.mark.parametrize("query", HOSTILE)
def test_what_writes_or_is_no_single_query_is_rejected(query: str, engine: Engine) -> None:
    assert compared_here(query, engine=engine).verdict is Verdict.REJECT


@pytest.mark.parametrize("query", [None, True, 1, ["SELECT 1"], "x" * 200_000, "SELECT '\ud800'"])
def test_what_is_no_text_of_reasonable_length_is_rejected(query: object) -> None:
    assert judged(query).verdict is Verdict.REJECT


@both
def test_a_query_is_run_in_a_process_of_its_own(engine: Engine) -> None:
    assert judged(PROBLEM.query, engine=engine).verdict is Verdict.ACCEPT
    assert judged("SELECT name FROM city", engine=engine).verdict is Verdict.REJECT


def test_a_process_that_dies_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="ended with"):
        judged("SELECT 1", SqlProblem.model_construct(databases=(5,), query="SELECT 1", is_ordered=False))


@pytest.mark.parametrize(
    "query",
    [
        "ATTACH DATABASE 'FILE' AS other",
        "VACUUM INTO 'FILE'",
        "PRAGMA writable_schema = ON",
        "PRAGMA query_only = OFF",
        "SELECT * FROM pragma_database_list",
        "SELECT load_extension('FILE')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('FILE', 'x')",
        "SELECT random()",
        "SELECT CURRENT_TIMESTAMP",
        "SELECT fts3_tokenizer('a', 'b')",
    ],
)
def test_sqlite_reaches_neither_files_nor_settings(query: str, tmp_path: Path) -> None:
    file = tmp_path / "made"
    assert compared_here(query.replace("FILE", str(file))).verdict is Verdict.REJECT
    assert not file.exists()


@pytest.mark.parametrize(
    "query",
    [
        "COPY city TO 'FILE'",
        "COPY (SELECT 1) TO '/dev/stdout'",
        "EXPORT DATABASE 'FILE'",
        "ATTACH 'FILE' AS other",
        "INSTALL httpfs",
        "LOAD 'FILE'",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT getenv('HOME')",
    ],
)
def test_duckdb_reaches_neither_files_nor_settings(query: str, tmp_path: Path) -> None:
    file = tmp_path / "made"
    assert compared_here(query.replace("FILE", str(file)), engine="duckdb").verdict is Verdict.REJECT
    assert not file.exists()


ONE = SqlProblem(
    databases=("CREATE TABLE t (current_date TEXT); INSERT INTO t VALUES ('2020-01-31');",), query="SELECT 1"
)


@pytest.mark.parametrize(
    ("query", "engine"),
    [
        *((query, "sqlite") for query in (
            "SELECT 1 WHERE date('now') > '2020'",
            "SELECT 1 WHERE date() > '2020'",
            "SELECT 1 WHERE datetime('NOW', '+1 day') > '2020'",
            "SELECT 1 WHERE strftime('%Y', 'now') > '2020'",
            "SELECT 1 WHERE strftime('%Y') > '2020'",
            "SELECT 1 WHERE julianday(x'6e6f77') > 0",
            "SELECT 1 WHERE unixepoch('subsec') > 0",
            "SELECT 1 WHERE time(lower('N' || 'ow')) >= '0'",
            "SELECT 1 WHERE random() IS NOT NULL",
            "SELECT 1 ORDER BY random()",
        )),
        *((query, "duckdb") for query in (
            "SELECT 1 WHERE random() < 2",
            "SELECT 1 WHERE \"RANDOM\"() < 2",
            "SELECT 1 WHERE system.main.random() < 2",
            "SELECT 1 WHERE now() > '2020-01-01'",
            "SELECT 1 WHERE current_timestamp > '2020-01-01'",
            "SELECT 1 WHERE today() > '2020-01-01'",
            "SELECT 1 WHERE age(TIMESTAMP '2020-01-01') IS NOT NULL",
            "SELECT 1 WHERE uuid() IS NOT NULL",
            "SELECT 1 FROM range(1) USING SAMPLE 1",
            "SELECT 1 FROM query('SELECT random()')",
            "WITH r AS MATERIALIZED (SELECT random()) SELECT 1 FROM r",
            "SELECT len([1 FOR x IN [random()]])",
        )),
    ],
)  # fmt: skip
def test_what_asks_for_chance_or_the_time_of_day_is_refused(query: str, engine: Engine) -> None:
    assert codes(query, ONE, engine) == ["forbidden"]


@pytest.mark.parametrize(
    ("query", "engine"),
    [
        ("SELECT date('2020-01-31', '+1 day') = '2020-02-01' AND date(NULL) IS NULL", "sqlite"),
        ("SELECT strftime('%Y-%m', '2020-01-31 10:00') = '2020-01' AND time(0.5) = '00:00:00'", "sqlite"),
        ("SELECT CAST(count(*) AS INTEGER) FROM t WHERE current_date > '2020'", "duckdb"),
        ("SELECT 1 WHERE age(DATE '2020-01-02', DATE '2020-01-01') = INTERVAL 1 DAY", "duckdb"),
    ],
)
def test_dates_that_are_given_are_worked_with(query: str, engine: Engine) -> None:
    assert codes(query, ONE, engine) == []


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def test_an_endless_query_stays_undecided_in_sqlite_by_its_steps() -> None:
    critique = judged(ENDLESS, max_steps=1_000_000)
    assert critique.verdict is Verdict.UNDECIDED
    assert critique.reason is not None
    assert "steps" in critique.reason


def test_an_endless_query_stays_undecided_in_duckdb_by_its_time() -> None:
    critique = judged(ENDLESS, engine="duckdb", max_seconds=2.0)
    assert critique.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "query",
    [
        "SELECT zeroblob(1000000000)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)"
        " SELECT count(*) FROM (SELECT DISTINCT i, printf('%900000d', i) FROM n)",
    ],
)
def test_a_query_that_fills_the_memory_stays_undecided(query: str) -> None:
    assert judged(query, max_memory_mb=64, max_seconds=4).verdict is Verdict.UNDECIDED


def test_a_query_with_too_many_rows_is_rejected_without_reading_them_all() -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT i FROM n"
    assert compared_here(query).verdict is Verdict.REJECT


@both
@pytest.mark.parametrize(
    ("script", "query", "says"),
    [
        ("CREATE TABLE", "SELECT 1", "its script fails"),
        (SMALL, "SELECT nothing FROM city", "the reference query fails"),
        ("ATTACH DATABASE '/tmp/x' AS x", "SELECT 1", "its script fails"),
    ],
)
def test_a_problem_that_cannot_be_set_up_is_an_error(
    script: str, query: str, says: str, engine: Engine
) -> None:
    with pytest.raises(ProblemError, match=f"database 1: {says}"):
        compared_here("SELECT 1", SqlProblem(databases=(script,), query=query), engine)


@both
def test_a_reference_with_too_many_rows_is_an_error_whatever_the_query_gives(engine: Engine) -> None:
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT i FROM n"
    problem = SqlProblem(databases=("",), query=rows.format(1001))
    with pytest.raises(ProblemError, match="more than 1000 rows"):
        compared_here(rows.format(1000), problem, engine)


@pytest.mark.parametrize(
    "settings",
    [{"engine": "mysql"}, {"max_seconds": 0}, {"max_rows": 0}, {"max_steps": 1.5}, {"max_memory_mb": True}],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        SameResult(**settings)  # type: ignore[arg-type]


def test_it_claims_no_more_than_tests() -> None:
    assert SameResult().soundness.value == "tests"
    assert json.loads(json.dumps(SameResult().options()))["engine"] == "sqlite"


def test_without_duckdb_nothing_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingDependencyError, match=r"llm-modulo\[critics\]"):
        anyio.run(SameResult(engine="duckdb").prepare)
    with pytest.raises(MissingDependencyError, match=r"llm-modulo\[critics\]"):
        anyio.run(SameResult(engine="duckdb").critique, PROBLEM, "SELECT 1")
    anyio.run(SameResult().prepare)
