"""The hard critic of constraints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from modulo.canonical import JsonValue
from modulo.critics.constraints.constraint import Constraint
from modulo.critics.constraints.preferences import Preference
from modulo.critique import Critique, Soundness
from modulo.errors import ConfigurationError
from modulo.protocols import Critic, RunsIn

__all__ = ["Satisfies"]

P = TypeVar("P")
C = TypeVar("C")


class Satisfies(Critic[P, C]):
    """Judges whether every constraint that applies to the problem holds of the candidate.

    It applies to problems to which at least one of its constraints does. An acceptance names the constraints that did
    not apply, if any. All are judged, in order, and every violation is reported; a constraint that crashes is an
    error, whatever the others say.

    **Sound for:** each constraint that applies ran to its end and yielded no violation.

    **Does not check:** anything else; it is as right as the constraints are.

    Args:
        *constraints: The constraints; at least one, each under a name of its own.
        proves: What ACCEPT proves; if not given, what the constraints say.
        version: Changes whenever verdicts may change, so whenever a constraint does.
        soundness: How much that is worth.
        cost: Relative cost; cheaper critics run first.
        is_format: Whether the other critics run only on what this one accepts.
        runs_in: Where it runs.
        max_seconds: Deadline of one call; with one it runs in a worker process, and the functions must stand at the
            top level of modules.

    Raises:
        ConfigurationError: There is no constraint, or something that is none, or a name stands for two.
    """

    def __init__(
        self,
        *constraints: Constraint[P, C],
        proves: str | None = None,
        version: str = "1",
        soundness: Soundness = Soundness.PROOF,
        cost: float = 1.0,
        is_format: bool = False,
        runs_in: RunsIn = "auto",
        max_seconds: float | None = None,
    ) -> None:
        _check("Satisfies", constraints)
        self.constraints = constraints
        self.proves = "; ".join(c.says for c in constraints) if proves is None else proves
        self.version, self.soundness, self.cost = version, soundness, cost
        self.is_format, self.runs_in, self.max_seconds = is_format, runs_in, max_seconds

    def applies_to(self, problem: P) -> bool:
        """Whether at least one constraint does."""
        return any(constraint.applies_to(problem) for constraint in self.constraints)

    def options(self) -> Mapping[str, JsonValue]:
        """What each constraint is, by name and composition."""
        return {"constraints": [constraint.definition for constraint in self.constraints]}

    def critique(self, problem: P, candidate: C) -> Critique:
        """Every violation of every constraint that applies.

        Raises:
            ConstraintFailed: One crashed, or gave something that is no violation.
        """
        applies = [constraint.applies_to(problem) for constraint in self.constraints]
        if not any(applies):
            return Critique.undecided("none of the constraints applies to this problem")
        pairs = list(zip(self.constraints, applies, strict=True))
        found = [v for c, does in pairs if does for v in c.violations(problem, candidate)]
        if found:
            return Critique.reject(*found)
        left_out = [constraint.name for constraint, does in pairs if not does]
        return Critique.accept(proves=self._claim_without(left_out) if left_out else None)

    def _claim_without(self, left_out: Sequence[str]) -> str:
        return f"{self.proves} (not applicable to this problem: {', '.join(left_out)})"


def _check(owner: str, constraints: Sequence[Any]) -> None:
    if not constraints:
        raise ConfigurationError(f"{owner}() without constraints would accept everything; give it some")
    for item in constraints:
        if isinstance(item, Preference):
            raise ConfigurationError(
                f"{owner} demands its constraints, and {item.constraint.name!r} is optional; give it to Preferences"
            )
        if not isinstance(item, Constraint):
            raise ConfigurationError(
                f"{owner} takes constraints, not {item!r}; put @constraint above the function"
            )
    names = Counter(constraint.name for constraint in constraints)
    for name, times in names.items():
        if times > 1:
            raise ConfigurationError(f"{owner} has {times} constraints called {name!r}; give each its own name")
    _check_meanings(owner, constraints)


def _check_meanings(owner: str, constraints: Sequence[Constraint[Any, Any]]) -> None:
    """One constraint may have several places, but one name may not stand for several constraints."""
    known: dict[str, Constraint[Any, Any]] = {}
    for part in _all_parts(constraints):
        other = known.setdefault(part.name, part)
        if other is not part and (not part.parts or other.definition != part.definition):
            raise ConfigurationError(
                f"{owner} has different constraints called {part.name!r}; give each its own name"
            )


def _all_parts(constraints: Sequence[Constraint[Any, Any]]) -> Iterator[Constraint[Any, Any]]:
    for constraint in constraints:
        yield constraint
        yield from _all_parts(constraint.parts)
