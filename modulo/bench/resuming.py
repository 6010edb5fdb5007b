"""Goes on with a run that was interrupted, without paying again for the answers that came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from modulo.budget import PICO, Usage, picodollars
from modulo.errors import TraceError
from modulo.generators.around import Around
from modulo.prompt_hashes import PromptHashes
from modulo.protocols import Finish, Generation, Generator, Request
from modulo.settings import given_fields
from modulo.trace import read_trace, texts_in

__all__ = ["PaidAnswers", "Resumed", "paid_answers"]

_GIVEN_AGAIN: Final = "given_again"
"""In an answer's ``extra``: that it was paid for by an earlier process, and is in an earlier trace as well."""


class _Answer(Struct, frozen=True):
    """An answer that came.

    Attributes:
        asked: What was asked: the hash of the prompt, the prefix and the sampling.
        generation: The answer, with the bills of all calls that were made for it.
        cost: What is in the books for it, unconfirmed amounts included.
    """

    asked: tuple[str, str, Mapping[str, Any]]
    generation: Generation
    cost: Usage


class _Bill(Struct, frozen=True):
    """What one call was settled at.

    Attributes:
        confirmed: What the provider billed.
        cost: That, and what stays booked for want of a bill.
    """

    confirmed: Usage
    cost: Usage

    @property
    def is_complete(self) -> bool:
        return self.confirmed == self.cost


class PaidAnswers(Struct, frozen=True, kw_only=True):
    """What the traces of an interrupted run hold.

    Attributes:
        answers: The answers that came, by generator and turn.
        spent: All that was spent until then: bills, those of calls that failed included, and the worst cases of calls
            that were on their way or whose bill never came.
    """

    answers: Mapping[tuple[str, int], _Answer]
    spent: Usage


def paid_answers(traces: Iterable[Path]) -> PaidAnswers:
    """The answers in the traces of an interrupted run; a trace that broke off before its first call holds none.

    Args:
        traces: The traces, the earliest first: a later one has answers of earlier ones again.
    """
    answers: dict[tuple[str, int], _Answer] = {}
    spent = Usage()
    for path in traces:
        try:
            documents = read_trace(path)
        except TraceError:  # it was interrupted before the first line was out
            continue
        found, costs = _Found(answers), _Costs()
        for document in documents:
            found.read(document, costs)
            costs.read(document)
        spent += costs.total(but=found.given_again)
        answers |= found.answers
    return PaidAnswers(answers=answers, spent=spent)


class _Found:
    """The answers of one trace, and the attempts whose answers were those of earlier traces."""

    def __init__(self, earlier: Mapping[tuple[str, int], _Answer]) -> None:
        self.answers: dict[tuple[str, int], _Answer] = {}
        self.given_again: set[int] = set()
        self._earlier = earlier
        self._texts: dict[str, str] = {}
        self._asked: dict[int, tuple[str, int, tuple[str, str, Mapping[str, Any]]]] = {}

    def read(self, document: Mapping[str, Any], costs: _Costs) -> None:
        self._texts.update(texts_in(document))
        if document["type"] == "generation_started" and "offers" not in document:
            self._begin(document)
        # A call that failed is made again: what failed may have passed.
        elif document["type"] == "generation_finished" and "error_kind" not in document:
            self._finish(document, costs)

    def _begin(self, document: Mapping[str, Any]) -> None:
        prefix = self._texts[document["prefix"]["text_sha256"]] if "prefix" in document else ""
        question = (document["prompt_sha256"], prefix, document["sampling"])
        numbers = range(document["attempt"], document["attempt"] + document["samples"])
        for i, number in enumerate(numbers):
            self._asked[number] = document["node"], document["turn"] + i, question

    def _finish(self, document: Mapping[str, Any], costs: _Costs) -> None:
        number = document["attempt"]
        if number not in self._asked:
            return
        node, turn, question = self._asked[number]
        if document.get("extra", {}).get(_GIVEN_AGAIN) and (node, turn) in self._earlier:
            self.given_again.add(number)
            self.answers[node, turn] = self._earlier[node, turn]
            return
        generation, nested = _generation(document, self._texts, question[1]), costs.nested_so_far(number)
        # Given again, the answer brings the bills of the calls within its own, since those are not made again.
        if not all(bill.is_complete for bill in nested):
            generation = replace(generation, usage=None)
        elif generation.usage is not None:
            generation = replace(generation, usage=sum((bill.confirmed for bill in nested), generation.usage))
        cost = sum((bill.cost for bill in nested), costs.of_last_call(number))
        self.answers[node, turn] = _Answer(question, generation, cost)


class _Costs:
    """What the calls of one trace cost."""

    def __init__(self) -> None:
        self._settled: defaultdict[int, list[Usage]] = defaultdict(list)
        self._open: defaultdict[int, list[Usage]] = defaultdict(list)
        self._nested: defaultdict[int, list[_Bill]] = defaultdict(list)
        self._nested_open: defaultdict[int, list[Usage]] = defaultdict(list)

    def read(self, document: Mapping[str, Any]) -> None:
        if document["type"] == "budget_reserved":
            calls = self._nested_open if document.get("nested") else self._open
            calls[document["attempt"]].append(Usage(**document["amount"]))
        elif document["type"] == "budget_settled":
            # The call itself is in the bill, whether or not the rest of its worst case is confirmed.
            unconfirmed = Usage(**{**(document["unconfirmed"] or {}), "calls": 0})
            bill = Usage(**document["bill"])
            cost = bill + unconfirmed
            if document["nested"]:
                self._nested[document["attempt"]].append(_Bill(bill, cost))
                under_way = self._nested_open[document["attempt"]]
                if under_way:  # which one it was does not stand there: the most may be left
                    under_way.remove(min(under_way, key=_size))
                return
            if self._open[document["attempt"]]:
                self._open[document["attempt"]].pop()
            self._settled[document["attempt"]].append(cost)

    def of_last_call(self, attempt: int) -> Usage:
        """Of an attempt that was answered; nothing where another attempt's call brought the answer too."""
        return self._settled[attempt][-1] if self._settled[attempt] else Usage()

    def nested_so_far(self, attempt: int) -> Sequence[_Bill]:
        """Of calls within an attempt; as long as it has no answer, those were made for the answer."""
        return tuple(self._nested[attempt])

    def total(self, *, but: Collection[int]) -> Usage:
        """Of all calls that were really made, those nested in an attempt included."""
        made = (costs[number] for costs in (self._settled, self._open) for number in costs if number not in but)
        nested = [bill.cost for bills in self._nested.values() for bill in bills]
        nested += [cost for several in self._nested_open.values() for cost in several]
        return sum((cost for several in made for cost in several), sum(nested, Usage()))


def _size(usage: Usage) -> tuple[float, int]:
    return usage.cost_usd, usage.tokens


def _generation(document: Mapping[str, Any], texts: Mapping[str, str], prefix: str) -> Generation:
    usage = document.get("usage")
    return Generation(
        text=texts[document["text_sha256"]].removeprefix(prefix),
        finish=Finish(document["finish"]),
        usage=None if usage is None else Usage(**usage),
        model=document["model"],
        detail=document.get("detail"),
        extra=document.get("extra", {}),
    )


class Resumed(Around):
    """Gives the answers that were paid for, where the same is asked again, and asks the generator for all others.

    Their bills are booked again, since they were paid once: in the books of the run that was interrupted.

    Args:
        generator: The generator.
        paid: What was paid for.
        on_again: Called with what an answer cost, before that is booked for the second time.
    """

    def __init__(
        self, generator: Generator, paid: PaidAnswers, *, on_again: Callable[[Usage], None] = lambda _: None
    ) -> None:
        super().__init__(generator)
        self._paid = paid
        self._on_again = on_again
        self._announced: set[tuple[str, int]] = set()
        self._given: dict[tuple[str, int], Usage] = {}
        self._hashes = PromptHashes()

    @property
    def lost(self) -> Usage:
        """What was spent before the interruption on what the run did not need, or had to ask for once more."""
        return _less(self._paid.spent, sum(self._given.values(), Usage()))

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """What the paid answer cost, or the worst case of a new one."""
        paid = self._paid_for(request, samples)
        if not paid:
            return super().worst_case(request, samples)
        cost = sum((answer.cost for answer in paid.values()), Usage())
        if self._announced.isdisjoint(paid):
            self._announced.update(paid)
            self._on_again(cost)
        return cost

    async def generate(self, request: Request) -> Generation:
        """The paid answer, or a new one.

        Raises:
            GenerationError: As the generator.
        """
        paid = self._given_for(request, 1)
        return paid[0] if paid else await super().generate(request)

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        """The paid answers if all of them are there, or new ones.

        Raises:
            GenerationError: As the generator.
        """
        return self._given_for(request, samples) or await super().generate_samples(request, samples)

    def _given_for(self, request: Request, samples: int) -> list[Generation]:
        paid = self._paid_for(request, samples)
        self._given |= {key: answer.cost for key, answer in paid.items()}
        return [_marked(answer.generation) for answer in paid.values()]

    def _paid_for(self, request: Request, samples: int) -> dict[tuple[str, int], _Answer]:
        """The paid answers to a request; none unless all of them are there."""
        if not self._paid.answers:
            return {}
        asked = (self._hashes.of(request.messages), request.prefix, given_fields(request.sampling))
        keys = [(request.node, request.turn + i) for i in range(samples)]
        found = {key: self._paid.answers.get(key) for key in keys}
        paid = {key: answer for key, answer in found.items() if answer is not None and answer.asked == asked}
        return paid if len(paid) == samples else {}


def _marked(generation: Generation) -> Generation:
    """The answer as one that the trace of an earlier process has a bill for."""
    return replace(generation, extra={**generation.extra, _GIVEN_AGAIN: True})


def _less(usage: Usage, other: Usage) -> Usage:
    """What is left of each amount; nothing where a second bill is higher than the first was."""
    left = (
        picodollars(usage.cost_usd) - picodollars(other.cost_usd),
        usage.calls - other.calls,
        usage.prompt_tokens - other.prompt_tokens,
        usage.completion_tokens - other.completion_tokens,
    )
    dollars, calls, prompt_tokens, completion_tokens = (max(0, amount) for amount in left)
    return Usage(
        calls=calls,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost_usd=dollars / PICO,
    )
