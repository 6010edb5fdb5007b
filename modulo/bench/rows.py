"""What is kept of each run of a study: one JSON line, enough for every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from modulo.bench.bills import AttemptBills
from modulo.budget import Usage
from modulo.canonical import parse_json
from modulo.errors import ConfigurationError
from modulo.graph import Graph
from modulo.options import Select
from modulo.outcome import Exhausted, Outcome, StopReason
from modulo.tree import Attempt

__all__ = ["AttemptRow", "RunRow", "answering", "read_rows", "run_row"]


class AttemptRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt of a run.

    Attributes:
        id: Its number in the run.
        round: The ask that it came from.
        parent: The attempt that it goes on from.
        node: The generator.
        model: The model, where the strategy chose one.
        label: The strategy's label.
        judged: Whether critics were to judge it.
        accepted: Whether all did.
        candidate: Hash of the canonical candidate, from its beginning; None if there is none.
        violations: How often each code was named.
        calls: Calls made for its answer, those that failed and those after tools included.
        prompt_tokens: Tokens read for its answer.
        completion_tokens: Tokens written for its answer.
        cost_usd: Dollars for its answer.
        further: What calls after its answer cost: those of reformulators and critics that ask models.
        unconfirmed: Worst cases of all these calls whose bill never came.
        error: Kind of the failure, if it failed.
    """

    id: int
    round: int
    parent: int | None = None
    node: str = ""
    model: str | None = None
    label: str = ""
    judged: bool = True
    accepted: bool = False
    candidate: str | None = None
    violations: Mapping[str, int] = {}
    calls: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    further: Usage = Usage()
    unconfirmed: Usage = Usage()
    error: str | None = None

    @property
    def tokens(self) -> int:
        """Tokens read and written for its answer and after it."""
        return self.prompt_tokens + self.completion_tokens + self.further.tokens


class RunRow(Struct, frozen=True, kw_only=True):
    """One run of a study.

    Attributes:
        run: Its name, different for each run of the study.
        set: The set of problems.
        problem: Name of the problem in the set.
        problem_sha256: Hash of the problem.
        domain: The domain.
        model: Name of the model in the study.
        strategy: Name of the strategy in the study.
        repeat: Which of the repeats, from 0 on.
        certified: Whether it ended with a certificate, of an answer or of there being none.
        stop_reason: Why it stopped.
        claim: What the certificate claims.
        soundness: How much that is worth.
        error: What went wrong, if that is why it stopped.
        select: Whether it was to stop at its first certified answer (``first``) or to go on (``best``).
        certified_in: The round of its first certified answer, if it went on after that.
        rounds: Asks of the strategy.
        usage: What it spent.
        unconfirmed: Worst cases of calls whose bill never came.
        lost: The same of calls that were on their way when the study was interrupted.
        seconds: Time taken, not counting what was interrupted, nor waiting for a turn.
        unpriced: Models that it asked of which nobody knows what they cost: dollars are without them.
        shared_by: How many runs had one budget together, this one among them; 1 if it had one of its own.
        attempts: Its attempts.
    """

    run: str
    set: str
    problem: str
    problem_sha256: str
    domain: str
    model: str
    strategy: str
    repeat: int
    certified: bool
    stop_reason: StopReason
    claim: str | None = None
    soundness: str | None = None
    error: str | None = None
    select: Select = "first"
    certified_in: int | None = None
    rounds: int
    usage: Usage
    unconfirmed: Usage
    lost: Usage = Usage()
    seconds: float
    unpriced: tuple[str, ...] = ()
    shared_by: int = 1
    attempts: tuple[AttemptRow, ...]

    @property
    def certified_round(self) -> int | None:
        """The round of its first certified answer; None if it has none."""
        if not self.certified:
            return None
        return self.rounds if self.certified_in is None else self.certified_in


def run_row(
    outcome: Outcome[Any],
    *,
    bills: AttemptBills,
    answers: Collection[str],
    lost: Usage,
    waited: float = 0.0,
    **named: Any,
) -> RunRow:
    """The row of a run.

    Args:
        outcome: Its outcome.
        bills: What its attempts cost.
        answers: Names of the generators whose answers are the run's.
        lost: What was lost when it was interrupted.
        waited: Of its seconds, those in which it waited for a turn.
        **named: The fields that say which run it is.
    """
    claim = None if isinstance(outcome, Exhausted) else outcome.certificate.claim
    return RunRow(
        **named,
        certified=claim is not None,
        stop_reason=outcome.stop_reason,
        claim=claim.text if claim else None,
        soundness=claim.soundness if claim else None,
        error=outcome.error if isinstance(outcome, Exhausted) else None,
        certified_in=next(
            (one.round for one in outcome.attempts if one.accepted and one.node in answers), None
        ),
        rounds=outcome.usage.rounds,
        usage=outcome.usage,
        unconfirmed=outcome.unconfirmed,
        lost=lost,
        seconds=max(0.0, outcome.seconds - waited),
        attempts=tuple(_attempt_row(attempt, bills) for attempt in outcome.attempts),
    )


def answering(graph: Graph[Any]) -> Collection[str]:
    """Names of the generators whose answers are those of a graph.

    Raises:
        GraphError: It is not a sound program.
    """
    return [node.name for node in graph.check().answer.generators]


def read_rows(path: Path) -> list[RunRow]:
    """The rows in a file; a last line that was cut off is passed over.

    Raises:
        ConfigurationError: It cannot be read, or holds something else.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    return list(_decoded(lines, path))


def _decoded(lines: Sequence[bytes], path: Path) -> Iterator[RunRow]:
    for number, line in enumerate(lines, 1):
        try:
            yield msgspec.convert(parse_json(line), RunRow)
        except (msgspec.ValidationError, ValueError) as error:
            raise ConfigurationError(f"{path}, line {number}: no run of a study: {error}") from error


def _attempt_row(attempt: Attempt, bills: AttemptBills) -> AttemptRow:
    bill = bills.answer[attempt.id]
    codes = Counter(violation.code for critique in attempt.critiques for violation in critique.violations)
    return AttemptRow(
        id=attempt.id,
        round=attempt.round,
        parent=attempt.parent,
        node=attempt.node,
        model=attempt.sampling.model,
        label=attempt.label,
        judged=attempt.judged,
        accepted=attempt.accepted,
        candidate=attempt.candidate.sha256[:16] if attempt.candidate else None,
        violations=dict(codes),
        calls=bill.calls,
        prompt_tokens=bill.prompt_tokens,
        completion_tokens=bill.completion_tokens,
        cost_usd=bill.cost_usd,
        further=bills.further[attempt.id],
        unconfirmed=bills.unconfirmed[attempt.id],
        error=attempt.error_kind,
    )
