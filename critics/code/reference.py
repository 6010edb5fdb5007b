"""The critic that compares a program with a trusted one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modulo.canonical import JsonValue
from modulo.critics.code.passes_tests import PassesTests
from modulo.critics.code.problem import CodeProblem
from modulo.critique import Critique, Soundness, Verdict
from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["AgreesWithReference"]

# Runs where tests run. The reference has its own names, so that its entry point is not the candidate.
_TEST: Final = """
import copy
import itertools
import random

def _load(source, name):
    scope = {{"__name__": name}}
    exec(compile(source, name, "exec"), scope)
    return scope

_reference = _load({reference!r}, "reference")[{entry_point!r}]
_inputs = _load({inputs!r}, "inputs")["inputs"]

def check(candidate):
    for args in itertools.islice(_inputs(random.Random({seed})), {count}):
        expected = _reference(*copy.deepcopy(args))
        assert candidate(*copy.deepcopy(args)) == expected
"""


class AgreesWithReference(Critic[CodeProblem, str]):
    """Judges whether a program returns what a trusted one does, on generated inputs.

    The reference runs in the tests' sandbox and the program in its own, as with ``PassesTests``.

    **Sound for:** on every one of the inputs, the program returned what the reference did.

    **Does not check:** other inputs; inputs on which the reference raises, which it must not be given.

    Args:
        reference: Source of a module that defines the problem's entry point.
        inputs: Source of a module that defines ``inputs(random)``, which yields tuples of arguments, made with
            nothing random but the ``random.Random`` that it gets.
        count: How many inputs to try, at most.
        seed: For the inputs.
        tests: How to run programs: its limits and isolation.
    """

    proves = "returns what the reference does, on generated inputs"
    soundness = Soundness.TESTS
    version = "1"
    cost = 20.0

    def __init__(
        self, reference: str, inputs: str, *, count: int = 100, seed: int = 0, tests: PassesTests | None = None
    ) -> None:
        if count < 1:
            raise ConfigurationError(f"count must be at least 1, not {count!r}")
        self._settings: dict[str, Any] = {
            "reference": reference, "inputs": inputs, "count": count, "seed": seed,
        }  # fmt: skip
        self._tests = tests or PassesTests()

    def options(self) -> Mapping[str, JsonValue]:
        """The reference, the inputs, and how programs run."""
        return {**self._settings, "tests": dict(self._tests.options())}

    async def prepare(self) -> None:
        """Start the sandboxes.

        Raises:
            ModuloError: They do not work here.
        """
        await self._tests.prepare()

    async def critique(self, problem: CodeProblem, candidate: str) -> Critique:
        """Compare the two, input by input."""
        test = _TEST.format(**self._settings, entry_point=problem.entry_point)
        compared = CodeProblem(prompt=problem.prompt, entry_point=problem.entry_point, test=test)
        critique = await self._tests.critique(compared, candidate)
        if critique.verdict is not Verdict.ACCEPT or critique.proves is None:
            return critique
        return Critique.accept(proves=f"agrees with the reference: {critique.proves}")
