"""The format critic of programs: cheap, and before any test."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any, Final

from modulo.canonical import JsonValue
from modulo.critics.code.asking import ask
from modulo.critics.code.inside.parsing import parameters
from modulo.critics.code.limits import DEFAULT_LIMITS, Limits
from modulo.critics.code.pool import Kind, prepare_sandboxes
from modulo.critics.code.problem import CodeProblem
from modulo.critics.code.sandbox import Isolation
from modulo.critique import Critique, Violation
from modulo.protocols import Critic

__all__ = ["WellFormedProgram"]

_MAX_SOURCE_CHARACTERS: Final = 1_000_000


class WellFormedProgram(Critic[CodeProblem, str]):
    """Judges whether a text is Python that defines the problem's function as its prompt does. Nothing is run.

    **Sound for:** it parses and, unless the problem is of whole programs, defines at its top level a function of the
    entry point's name; if the prompt defines that too, with its parameters by name and order, and perhaps more that
    have defaults.

    **Does not check:** whether running it goes on to define the function otherwise; anything that it does.

    Args:
        limits: What parsing may use.
        isolation: ``none`` parses without a sandbox.
    """

    proves = "it is Python that defines the function asked for"
    version = "1"
    is_format = True
    cost = 2.0

    def __init__(self, *, limits: Limits = DEFAULT_LIMITS, isolation: Isolation = "bubblewrap") -> None:
        self._kind = Kind("parser", limits, isolation)

    def options(self) -> Mapping[str, JsonValue]:
        """Limits and isolation."""
        return {"limits": dict(self._kind.limits.as_json()), "isolation": self._kind.isolation}

    async def prepare(self) -> None:
        """Start the sandbox.

        Raises:
            ModuloError: It does not work here.
        """
        await prepare_sandboxes(self._kind)

    async def critique(self, problem: CodeProblem, candidate: str) -> Critique:
        """Parse it."""
        if len(candidate) > _MAX_SOURCE_CHARACTERS:
            return Critique.reject(Violation("too_long", "The program is longer than a million characters."))
        match await ask(self._kind, {"source": candidate}):
            case ("parsed", dict(functions)):
                violations = list(_faults(problem, functions))
                return Critique.reject(*violations) if violations else Critique.accept()
            case ("failed", str(message), str(place), int(line)):
                location = f"line {line}" if line else None
                return Critique.reject(
                    Violation("syntax", f"It is no Python: {message} ({place}).", location=location)
                )
        return Critique.reject(Violation("syntax", "The text breaks Python's parser."))


def _faults(problem: CodeProblem, functions: Mapping[str, Any]) -> Iterator[Violation]:
    if problem.format == "stdio":
        return
    name = problem.entry_point
    if name not in functions:
        yield Violation("no_entry_point", f"The program defines no function {name}.")
        return
    wanted = _wanted(problem)
    if wanted is None:
        return
    names, required, takes_more = functions[name]
    fits = names[: len(wanted)] == wanted or (takes_more and wanted[: len(names)] == names)
    if not fits or required > len(wanted):
        yield Violation(
            "wrong_signature",
            f"The function {name} takes ({', '.join(names)}), not ({', '.join(wanted)}).",
            expected=", ".join(wanted),
            actual=", ".join(names),
        )


def _wanted(problem: CodeProblem) -> list[str] | None:
    try:
        tree = ast.parse(problem.prompt)
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ):  # in words, or nested too deep for the parser
        return None
    for part in tree.body:
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)) and part.name == problem.entry_point:
            return parameters(part)[0]
    return None
