"""The critic that runs a program against the tests of its problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from modulo.canonical import JsonValue
from modulo.critics.code.examining import examine, examine_together
from modulo.critics.code.judging import accepted, is_worth_a_retry, judged, judged_together, rejected
from modulo.critics.code.limits import DEFAULT_LIMITS, Limits
from modulo.critics.code.packages import package_paths
from modulo.critics.code.pool import Kind, prepare_sandboxes
from modulo.critics.code.problem import CodeProblem, Format
from modulo.critics.code.programs import fault_in, run_program
from modulo.critics.code.sandbox import Isolation
from modulo.critics.code.starting import Role
from modulo.critique import Critique, Soundness, Violation
from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["PassesTests"]

_MAX_SOURCE_CHARACTERS: Final = 1_000_000
_MAX_VIOLATIONS: Final = 10
_PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {"pytest": ("pytest",), "properties": ("hypothesis",)}


class PassesTests(Critic[CodeProblem, str]):
    """Judges whether a Python program passes the tests of its problem, in a sandbox that it cannot leave.

    The program runs in one sandbox and the tests in another. They meet only through calls: arguments go in, plain
    data comes out. So the program never sees a test, an expected value or the harness.

    **Sound for:** every test of the problem was run against this program and passed. With ``together``, only for
    programs that do not set out to forge that.

    **Does not check:** anything that the tests do not test; that arguments are left as they were, since the
    program gets copies; how fast it is, within the limits.

    Args:
        limits: What the program may use.
        hidden: Whether the tests are hidden: a violation then says no more than that a hidden test failed.
        together: Run program and tests in one process, for tests that share objects with the program: classes,
            iterators, callbacks. The sandbox holds, but a program can forge the report of its tests, and the claim
            says so. Not for whole programs.
        isolation: What isolates; certificates show it. ``container`` starts a container of podman's or docker's for
            each side of each check. ``none`` runs the program without any sandbox: only for programs that you trust.
    """

    proves = "passed the tests of this problem"
    soundness = Soundness.TESTS
    version = "1"
    cost = 10.0

    def __init__(
        self,
        *,
        limits: Limits = DEFAULT_LIMITS,
        hidden: bool = False,
        together: bool = False,
        isolation: Isolation = "bubblewrap",
    ) -> None:
        if isolation not in ("bubblewrap", "container", "none"):
            raise ConfigurationError(
                f"isolation must be 'bubblewrap', 'container' or 'none', not {isolation!r}"
            )
        self._limits = limits
        self._hidden = hidden
        self._together = together
        self._isolation = isolation
        self._candidate = Kind("candidate", limits, isolation)
        self._program = Kind("program", limits, isolation)

    def applies_to(self, problem: CodeProblem) -> bool:
        """It does, if what the tests need is installed.

        Raises:
            MissingDependencyError: It is not.
        """
        package_paths(_PACKAGES.get(problem.format, ()))
        return True

    def options(self) -> Mapping[str, JsonValue]:
        """Limits, isolation, and what runs together."""
        return {
            "limits": dict(self._limits.as_json()),
            "isolation": self._isolation,
            "together": self._together,
        }

    async def prepare(self) -> None:
        """Start the sandboxes.

        Raises:
            MissingDependencyError: Bubblewrap is not here.
            SandboxUnusable: It does not work here.
        """
        await prepare_sandboxes(self._tests("assertions"), self._candidate)

    async def critique(self, problem: CodeProblem, candidate: str) -> Critique:
        """Run the tests."""
        if len(candidate) > _MAX_SOURCE_CHARACTERS:
            return Critique.reject(Violation("too_long", "The program is longer than a million characters."))
        if problem.format == "stdio":
            return await self._run_cases(problem, candidate)
        if self._together:
            return await self._run_together(problem, candidate)
        return await self._run_tests(problem, candidate)

    def _tests(self, format_: Format) -> Kind:
        role: Role = "tests" if format_ == "assertions" else "suites"
        return Kind(role, self._limits, self._isolation, _PACKAGES.get(format_, ()))

    async def _run_tests(self, problem: CodeProblem, candidate: str) -> Critique:
        job = problem.model_dump(include={"prompt", "entry_point", "test", "format"})
        tests = self._tests(problem.format)
        found = await examine(tests, self._candidate, job, candidate)
        if is_worth_a_retry(found):
            found = await examine(tests, self._candidate, job, candidate)
        return judged(found, self._limits, hidden=self._hidden)

    async def _run_together(self, problem: CodeProblem, candidate: str) -> Critique:
        job = problem.model_dump(include={"prompt", "entry_point", "test", "format"})
        found = await examine_together(self._tests(problem.format), job, candidate)
        if is_worth_a_retry(found):
            found = await examine_together(self._tests(problem.format), job, candidate)
        return judged_together(found, self._limits, hidden=self._hidden)

    async def _run_cases(self, problem: CodeProblem, candidate: str) -> Critique:
        violations: list[Violation] = []
        for number, case in enumerate(problem.cases, start=1):
            run = await run_program(self._program, candidate, case.input)
            if run.excess == "wall":
                run = await run_program(self._program, candidate, case.input)
            if run.excess == "wall" or not run.ended.was_confined:
                return Critique.undecided(f"case {number} was not decided; the machine is too busy")
            violation = fault_in(run, case, number, self._limits)
            if violation is not None:
                violations.append(violation)
            if len(violations) == _MAX_VIOLATIONS:
                break
        if violations:
            return rejected(violations, hidden=self._hidden)
        return accepted(len(problem.cases))
