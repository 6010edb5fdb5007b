"""The problem: a question, databases to try answers on, and a query that is right."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["SqlProblem"]


class SqlProblem(BaseModel):
    """A question about data, with a reference query that answers it.

    Attributes:
        databases: Scripts, each of which sets up one database. The more of them, and the more they differ, the fewer
            wrong queries pass: a query may be right on one by chance.
        query: The reference query.
        is_ordered: Whether the order of the rows matters.
        question: What is asked, in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    databases: tuple[Annotated[str, StringConstraints(max_length=10_000_000)], ...] = Field(
        min_length=1, max_length=100
    )
    query: Annotated[str, StringConstraints(max_length=100_000)]
    is_ordered: bool = False
    question: str = ""
