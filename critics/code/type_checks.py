"""The critic that type-checks programs with mypy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import metadata
from typing import Final

from modulo.canonical import JsonValue
from modulo.critics.code.asking import ask
from modulo.critics.code.limits import Limits
from modulo.critics.code.packages import package_paths
from modulo.critics.code.pool import Kind, prepare_sandboxes
from modulo.critics.code.problem import CodeProblem
from modulo.critics.code.sandbox import Isolation
from modulo.critique import Critique, Violation
from modulo.protocols import Critic

__all__ = ["TypeChecks"]

_ERROR: Final = re.compile(r"solution\.py:(\d+)(?::\d+)?: error: (.*?)(?:  \[([\w-]+)\])?$")
_LIMITS: Final = Limits(max_cpu_seconds=30, max_memory_mb=1024)
_MAX_VIOLATIONS: Final = 20


class TypeChecks(Critic[CodeProblem, str]):
    """Judges whether mypy finds no fault with a program. The program is not run; mypy runs in a sandbox.

    **Sound for:** this version of mypy, with these options, reports no error.

    **Does not check:** functions without annotations, unless ``strict``; whatever a program hides with ``Any``,
    ``# type: ignore`` or ``# mypy:``.

    Args:
        strict: Whether to be as strict as ``mypy --strict``.
        limits: What mypy may use.
        isolation: ``none`` runs mypy without a sandbox.
    """

    proves = "mypy reports no error"
    version = "1"
    cost = 50.0

    def __init__(
        self, *, strict: bool = False, limits: Limits = _LIMITS, isolation: Isolation = "bubblewrap"
    ) -> None:
        self._strict = strict
        self._kind = Kind("type_checker", limits, isolation, ("mypy",))

    def applies_to(self, problem: CodeProblem) -> bool:
        """It does, if mypy is installed.

        Raises:
            MissingDependencyError: It is not.
        """
        package_paths(self._kind.packages)
        return True

    def options(self) -> Mapping[str, JsonValue]:
        """Strictness, the version of mypy, limits and isolation."""
        return {
            "strict": self._strict,
            "mypy": metadata.version("mypy"),
            "limits": dict(self._kind.limits.as_json()),
            "isolation": self._kind.isolation,
        }

    async def prepare(self) -> None:
        """Start the sandbox.

        Raises:
            ModuloError: It does not work here.
        """
        await prepare_sandboxes(self._kind)

    async def critique(self, problem: CodeProblem, candidate: str) -> Critique:
        """Run mypy."""
        match await ask(self._kind, {"source": candidate, "strict": self._strict}):
            case (0, str(), ""):
                return Critique.accept()
            case (1 | 2, str(said), str()) if _ERROR.search(said.partition("\n")[0]):
                errors = [found for line in said.splitlines() if (found := _ERROR.match(line))]
                return Critique.reject(*map(_violation, errors[:_MAX_VIOLATIONS]))
            case (code, str(said), str(errors)):
                return Critique.undecided(f"mypy ended with code {code}: {(errors or said)[:300]}")
        return Critique.undecided("mypy did not come to an end within its limits")


def _violation(found: re.Match[str]) -> Violation:
    return Violation(found[3] or "type", found[2], location=f"line {found[1]}")
