"""A programming problem: a prompt, the function asked for, and tests."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

__all__ = ["Case", "CodeProblem", "Format"]

Text = Annotated[str, StringConstraints(max_length=1_000_000)]


Format: TypeAlias = Literal["assertions", "unittest", "doctest", "pytest", "properties", "stdio"]


class Case(BaseModel):
    """One run of a whole program.

    Attributes:
        input: What it reads.
        output: What it should print. White space at the ends of lines and of the output does not count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Text
    output: Text


class CodeProblem(BaseModel):
    """Write a function that passes the tests.

    Attributes:
        prompt: The beginning of a Python module that ends with the function's head and docstring, as in HumanEval;
            or the problem in words. What it defines besides that function, tests may use.
        entry_point: Name of the function.
        test: The tests' source.
        format: How ``test`` is to be read. ``assertions``: as in HumanEval and MBPP, about the entry point, at the
            top or in ``check(candidate)``. ``unittest``, ``pytest``: a module that imports the program as
            ``solution``. ``doctest``: a text with an interactive session. ``properties``: functions ``test_...``
            with Hypothesis' ``@given``. ``stdio``: there are ``cases`` instead; the program is run as a whole and
            needs no entry point.
        cases: What the program should print for which input.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Text
    entry_point: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z_0-9]*$", max_length=200)] = "main"
    test: Text = ""
    format: Format = "assertions"
    cases: tuple[Case, ...] = ()

    @model_validator(mode="after")
    def _has_tests(self) -> Self:
        if (self.format == "stdio") != bool(self.cases):
            raise ValueError("a problem of the format stdio has cases, and no other has")
        if self.format != "stdio" and not self.test.strip():
            raise ValueError("there are no tests")
        return self
