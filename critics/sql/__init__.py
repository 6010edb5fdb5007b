"""SQL: whether a query gives the same results as a reference, on fresh databases in SQLite or DuckDB."""

from modulo.critics.sql.critic import SameResult
from modulo.critics.sql.problem import SqlProblem

__all__ = ["SameResult", "SqlProblem"]
