"""A programming problem: a prompt, the function asked for, and tests."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["CodeProblem"]

Text = Annotated[str, StringConstraints(max_length=1_000_000)]


class CodeProblem(BaseModel):
    """Write a function that passes the tests.

    Attributes:
        prompt: The beginning of a Python module that ends with the function's head and docstring, as in HumanEval;
            or the problem in words. What it defines besides that function, tests may use.
        entry_point: Name of the function.
        test: The tests' source: assertions about the entry point, at the top or in ``check(candidate)``.
        format: How ``test`` is to be read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Text
    entry_point: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z_0-9]*$", max_length=200)]
    test: Text
    format: Literal["assertions"] = Field(default="assertions")
