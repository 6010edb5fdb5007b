"""The problem: an expression, to which the answer must be equivalent."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["SymbolicProblem"]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z_0-9]*$", max_length=40)]


class SymbolicProblem(BaseModel):
    """An expression in real variables.

    Attributes:
        expression: The expression, with ``+ - * / ^``, parentheses, numbers, variables, ``pi``, and functions such as
            ``sin(x)``.
        variables: The variables that may occur, at most six.
        question: What is asked, in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    expression: Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
    variables: tuple[Name, ...] = Field(max_length=6)
    question: str = ""
