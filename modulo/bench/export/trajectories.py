"""Whole runs: every conversation, answer and critique."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import asdict

from modulo.bench.export.finished import FinishedRun
from modulo.bench.export.sft import messages_json
from modulo.bench.histories import AttemptHistory, RunHistory
from modulo.critique import critique_json
from modulo.protocols import Message

__all__ = ["trajectory_rows"]


def trajectory_rows(runs: Sequence[FinishedRun]) -> Iterator[tuple[object, dict[str, Any]]]:
    """A row for each run, certified or not, with what makes it a duplicate of another."""
    for run in runs:
        texts = tuple((attempt.text, attempt.verdict) for attempt in run.history.attempts.values())
        yield (run.row.problem_sha256, texts), _row(run)


def _row(run: FinishedRun) -> dict[str, Any]:
    row, history, certificate = run.row, run.history, run.certificate
    return {
        "id": row.run,
        "domain": history.domain,
        "problem": history.problem,
        "certified": row.certified,
        "certified_attempt": history.certified,
        "claim": certificate and certificate.claim.model_dump(),
        "certificate": certificate and certificate.to_bytes().decode(),
        "stop_reason": row.stop_reason.value,
        "error": row.error,
        "attempts": [_attempt(attempt, history) for attempt in history.attempts.values()],
        "usage": asdict(row.usage),
        "unconfirmed": asdict(row.unconfirmed),
        "seconds": row.seconds,
        "provenance": run.provenance(),
    }


def _attempt(attempt: AttemptHistory, history: RunHistory) -> dict[str, Any]:
    continues, messages = _new_messages(attempt, history)
    return {
        "attempt": attempt.id,
        "round": attempt.round,
        "node": attempt.node,
        "parent": attempt.parent,
        "inputs": dict(attempt.inputs),
        "offers": attempt.offers,
        "label": attempt.label,
        "sampling": dict(attempt.sampling),
        "continues": continues,
        "messages": messages_json(messages),
        "prefix": attempt.prefix,
        "text": attempt.text,
        "finish": attempt.finish,
        "answered_by": attempt.model,
        "usage": dict(attempt.usage),
        "extra": dict(attempt.extra),
        "candidate": attempt.candidate,
        "candidate_sha256": attempt.candidate_sha256,
        "verdict": attempt.verdict,
        "critiques": [critique_json(critique) for critique in attempt.critiques],
        "error": attempt.error,
    }


def _new_messages(attempt: AttemptHistory, history: RunHistory) -> tuple[int | None, Sequence[Message]]:
    """The attempt whose conversation it continues, and what came after it; else None and the whole conversation.

    In full, the conversations of a run grow with the square of its rounds.
    """
    parent = None if attempt.parent is None else history.attempts[attempt.parent]
    if parent is not None and parent.text is not None:
        before = (*parent.messages, Message("assistant", parent.text))
        if attempt.messages[: len(before)] == before:
            return parent.id, attempt.messages[len(before) :]
    return None, attempt.messages
