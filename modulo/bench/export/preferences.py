"""Pairs for preference training: to one prompt, an answer that was certified and one that was rejected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

from modulo.bench.export.finished import FinishedRun
from modulo.bench.export.sft import answer_json, messages_json
from modulo.bench.histories import AttemptHistory
from modulo.critique import critique_json
from modulo.protocols import Message

__all__ = ["preference_rows"]


def preference_rows(runs: Sequence[FinishedRun]) -> Iterator[tuple[object, dict[str, Any]]]:
    """A row for each rejected answer to a prompt that was certified too, with what makes it a duplicate.

    A rejected answer is paired with the certified one of its own run, or else with those of other runs in turn. An
    answer that could not be read is in no pair, because nothing could reject it again.

    Args:
        runs: All runs of one problem.
    """
    for prompt, certified in _certified(runs).items():
        right = {attempt.candidate_sha256 for _, attempt in certified}
        own = {run.row.run: (run, attempt) for run, attempt in certified}
        others = cycle(certified)
        for run, attempt in _rejected(runs, prompt):
            if attempt.candidate_sha256 not in right:
                chosen = own.get(run.row.run) or next(others)
                yield (prompt, attempt.candidate_sha256), _row(prompt, chosen, (run, attempt))


def _certified(
    runs: Sequence[FinishedRun],
) -> dict[tuple[Message, ...], list[tuple[FinishedRun, AttemptHistory]]]:
    found: dict[tuple[Message, ...], list[tuple[FinishedRun, AttemptHistory]]] = {}
    for run in runs:
        attempt = run.solution
        if attempt is not None and attempt.text is not None:
            found.setdefault(run.history.first_prompt(attempt), []).append((run, attempt))
    return found


def _rejected(
    runs: Sequence[FinishedRun], prompt: tuple[Message, ...]
) -> Iterator[tuple[FinishedRun, AttemptHistory]]:
    for run in runs:
        for attempt in run.history.attempts.values():
            is_rejected = attempt.verdict == "reject" and attempt.candidate_sha256 is not None
            if is_rejected and _is_first(run, attempt) and run.history.first_prompt(attempt) == prompt:
                yield run, attempt


def _is_first(run: FinishedRun, attempt: AttemptHistory) -> bool:
    """Whether its answer was not judged before: one that is offered was made by another attempt, say for a vote."""
    if attempt.text is None:
        return False
    return attempt.offers is None or run.history.attempts[attempt.offers].verdict == "unjudged"


def _row(
    prompt: Sequence[Message],
    chosen: tuple[FinishedRun, AttemptHistory],
    rejected: tuple[FinishedRun, AttemptHistory],
) -> dict[str, Any]:
    certificate = chosen[0].certificate
    assert certificate is not None
    run, attempt = rejected
    return {
        "id": f"{run.row.run}#{attempt.id}",
        "prompt": messages_json(prompt),
        "chosen": [answer_json(chosen[1])],
        "rejected": [answer_json(attempt)],
        "domain": run.history.domain,
        "problem": run.history.problem,
        "candidate": attempt.candidate,
        "critiques": [critique_json(critique) for critique in attempt.critiques],
        "claim": certificate.claim.model_dump(),
        "certificate": certificate.to_bytes().decode(),
        "provenance": {"chosen": chosen[0].provenance(chosen[1]), "rejected": run.provenance(attempt)},
    }
