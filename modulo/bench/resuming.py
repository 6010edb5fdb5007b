"""Goes on with a run that was interrupted, without paying again for the answers that came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from modulo.budget import Usage
from modulo.errors import TraceError
from modulo.generators.around import Around
from modulo.prompt_hashes import PromptHashes
from modulo.protocols import Finish, Generation, Generator, Request
from modulo.settings import given_fields
from modulo.trace import read_trace

__all__ = ["PaidAnswers", "Resumed", "paid_answers"]


class _Answer(Struct, frozen=True):
    asked: tuple[str, str, Mapping[str, Any]]
    generation: Generation


class PaidAnswers(Struct, frozen=True, kw_only=True):
    """What the traces of an interrupted run hold.

    Attributes:
        answers: The answers that came, by generator and turn.
        lost: The worst cases of calls that were on their way when it was interrupted; they may have to be paid.
    """

    answers: Mapping[tuple[str, int], _Answer]
    lost: Usage


def paid_answers(traces: Iterable[Path]) -> PaidAnswers:
    """The answers in the traces of an interrupted run; a trace that broke off before its first call holds none."""
    answers: dict[tuple[str, int], _Answer] = {}
    lost = Usage()
    for path in traces:
        try:
            documents = read_trace(path)
        except TraceError:  # it was interrupted before the first line was out
            continue
        answers |= _answers(documents)
        lost += _lost(documents)
    return PaidAnswers(answers=answers, lost=lost)


def _answers(documents: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], _Answer]:
    texts: dict[str, str] = {}
    asked: dict[int, tuple[str, int, tuple[str, str, Mapping[str, Any]]]] = {}
    found = {}
    for document in documents:
        for holder in (document, document.get("prefix", {})):
            if "text" in holder:
                texts[holder["text_sha256"]] = holder["text"]
        if document["type"] == "generation_started" and "offers" not in document:
            prefix = texts[document["prefix"]["text_sha256"]] if "prefix" in document else ""
            question = (document["prompt_sha256"], prefix, document["sampling"])
            for i in range(document["samples"]):
                asked[document["attempt"] + i] = (document["node"], document["turn"] + i, question)
        elif document["type"] == "generation_finished" and document["attempt"] in asked:
            node, turn, question = asked[document["attempt"]]
            # A call that failed is made again: what failed may have passed.
            if "error_kind" not in document:
                found[node, turn] = _Answer(question, _generation(document, texts, question[1]))
    return found


def _generation(document: Mapping[str, Any], texts: Mapping[str, str], prefix: str) -> Generation:
    usage = document.get("usage")
    return Generation(
        text=texts[document["text_sha256"]].removeprefix(prefix),
        finish=Finish(document["finish"]),
        usage=None if usage is None else Usage(**usage),
        model=document["model"],
        detail=document.get("detail"),
    )


def _lost(documents: Sequence[Mapping[str, Any]]) -> Usage:
    open_calls: dict[int, list[Usage]] = {}
    for document in documents:
        if document["type"] == "budget_reserved":
            open_calls.setdefault(document["attempt"], []).append(Usage(**document["amount"]))
        elif document["type"] == "budget_settled" and not document["nested"]:
            open_calls.get(document["attempt"], [Usage()]).pop()
    return sum((usage for left in open_calls.values() for usage in left), Usage())


class Resumed(Around):
    """Gives the answers that were paid for, where the same is asked again, and asks the generator for all others.

    Their bills are booked again, since they were paid once: in the books of the run that was interrupted.

    Args:
        generator: The generator.
        paid: What was paid for.
    """

    def __init__(self, generator: Generator, paid: PaidAnswers) -> None:
        super().__init__(generator)
        self._paid = paid
        self._hashes = PromptHashes()

    async def generate(self, request: Request) -> Generation:
        """The paid answer, or a new one.

        Raises:
            GenerationError: As the generator.
        """
        paid = self._paid_for(request, 1)
        return paid[0] if paid else await super().generate(request)

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        """The paid answers if all of them are there, or new ones.

        Raises:
            GenerationError: As the generator.
        """
        return self._paid_for(request, samples) or await super().generate_samples(request, samples)

    def _paid_for(self, request: Request, samples: int) -> list[Generation]:
        """The paid answers to a request; none unless all of them are there."""
        asked = (self._hashes.of(request.messages), request.prefix, given_fields(request.sampling))
        found = [self._paid.answers.get((request.node, request.turn + i)) for i in range(samples)]
        paid = [answer.generation for answer in found if answer is not None and answer.asked == asked]
        return paid if len(paid) == samples else []
