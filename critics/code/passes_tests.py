"""The critic that runs a program against the tests of its problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modulo.canonical import JsonValue
from modulo.critics.code.examining import examine
from modulo.critics.code.judging import is_worth_a_retry, judged
from modulo.critics.code.limits import DEFAULT_LIMITS, Limits
from modulo.critics.code.pool import Kind, prepare_sandboxes
from modulo.critics.code.problem import CodeProblem
from modulo.critics.code.sandbox import Isolation
from modulo.critique import Critique, Soundness, Violation
from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["PassesTests"]

_MAX_SOURCE_CHARACTERS = 1_000_000


class PassesTests(Critic[CodeProblem, str]):
    """Judges whether a Python program passes the tests of its problem, in a sandbox that it cannot leave.

    The program runs in one sandbox and the tests in another. They meet only through calls: arguments go in, plain
    data comes out. So the program never sees a test, an expected value or the harness.

    **Sound for:** every test of the problem was run against this program and passed.

    **Does not check:** anything that the tests do not test; that arguments are left as they were, since the
    program gets copies; how fast it is, within the limits.

    Args:
        limits: What the program may use.
        hidden: Whether the tests are hidden: a violation then says no more than that a hidden test failed.
        isolation: ``none`` runs the program without any sandbox. Only for programs that you trust; certificates
            show it.
    """

    proves = "passed the tests of this problem"
    soundness = Soundness.TESTS
    version = "1"
    cost = 10.0

    def __init__(
        self, *, limits: Limits = DEFAULT_LIMITS, hidden: bool = False, isolation: Isolation = "bubblewrap"
    ) -> None:
        if isolation not in ("bubblewrap", "none"):
            raise ConfigurationError(f"isolation must be 'bubblewrap' or 'none', not {isolation!r}")
        self._limits = limits
        self._hidden = hidden
        self._isolation = isolation
        self._tests = Kind("tests", limits, isolation)
        self._candidate = Kind("candidate", limits, isolation)

    def options(self) -> Mapping[str, JsonValue]:
        """Limits and isolation."""
        return {"limits": dict(self._limits.as_json()), "isolation": self._isolation}

    async def prepare(self) -> None:
        """Start the sandboxes.

        Raises:
            MissingDependencyError: Bubblewrap is not here.
            SandboxUnusable: It does not work here.
        """
        await prepare_sandboxes(self._tests, self._candidate)

    async def critique(self, problem: CodeProblem, candidate: str) -> Critique:
        """Run the tests."""
        if len(candidate) > _MAX_SOURCE_CHARACTERS:
            return Critique.reject(Violation("too_long", "The program is longer than a million characters."))
        job: dict[str, Any] = {
            "prompt": problem.prompt,
            "entry_point": problem.entry_point,
            "test": problem.test,
        }
        found = await examine(self._tests, self._candidate, job, candidate)
        if is_worth_a_retry(found):
            found = await examine(self._tests, self._candidate, job, candidate)
        return judged(found, self._limits, hidden=self._hidden)
