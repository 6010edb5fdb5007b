"""Certified solutions as conversations for supervised fine-tuning: the first prompt, and the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from modulo.bench.export.finished import FinishedRun
from modulo.bench.histories import AttemptHistory
from modulo.protocols import Message

__all__ = ["answer_json", "certified_answer", "messages_json", "sft_rows"]


def sft_rows(runs: Sequence[FinishedRun]) -> Iterator[tuple[object, dict[str, Any]]]:
    """A row for each run that ended with a certified solution, with what makes it a duplicate of another.

    Wrong answers and backprompts on the way to it are left out, since many trainers learn every assistant turn.
    """
    for run in runs:
        attempt = run.solution
        if attempt is not None and attempt.text is not None:
            prompt = run.history.first_prompt(attempt)
            yield (prompt, attempt.candidate_sha256), _row(run, attempt, prompt)


def _row(run: FinishedRun, attempt: AttemptHistory, prompt: Sequence[Message]) -> dict[str, Any]:
    return {
        "id": f"{run.row.run}#{attempt.id}",
        "messages": [*messages_json(prompt), answer_json(attempt)],
        **certified_answer(run),
        "provenance": run.provenance(attempt),
    }


def certified_answer(run: FinishedRun) -> dict[str, Any]:
    """What is certified, so that ``modulo check --batch`` judges it again, and ``modulo verify`` its certificate.

    The certificate is a text, in its one form: what reads many rows into one table may change a nested document.
    """
    certificate = run.certificate
    assert certificate is not None
    return {
        "domain": certificate.domain,
        "problem": certificate.problem,
        "candidate": certificate.solution,
        "claim": certificate.claim.model_dump(),
        "certificate": certificate.to_bytes().decode(),
    }


def answer_json(attempt: AttemptHistory) -> dict[str, str]:
    """An answer as a message."""
    assert attempt.text is not None
    return {"role": "assistant", "content": attempt.text}


def messages_json(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages in the form that providers and trainers take."""
    return [{"role": message.role, "content": message.content} for message in messages]
