"""The documents that an audit is made of: right answers, everything that can be made of them, and attacks."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count, islice
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from modulo.audit.attacks import ATTACKS, confusions, huge, with_injection
from modulo.audit.cases import Cases
from modulo.audit.mutations import mutation, text_mutation
from modulo.audit.paths import is_same_document
from modulo.canonical import JsonValue, parse_json
from modulo.domain import Domain
from modulo.errors import ConfigurationError, ProblemError, ProgramError
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["AuditDocument", "Expected", "Route", "documents", "drawn_documents", "oracle_verdict"]

P = TypeVar("P")

Expected: TypeAlias = Literal["accept", "reject"]
Route: TypeAlias = Literal["document", "text", "claim"]
"""A document is read by ``Domain.read_candidate``; a text goes through the graph's reformulators; a claim says that
the problem has no solution.
"""

_DOCUMENTS_OF_A_PROBLEM: Final = 100
_FEWEST_OF_A_PROBLEM: Final = 20
_MOST_DAMAGED: Final = 400
_MOST_HUGE: Final = 30
_MOST_CLAIMS: Final = 10


class AuditDocument(Struct, Generic[P], frozen=True, kw_only=True):
    """One thing for critics to judge, with what they should say.

    Attributes:
        problem: The problem.
        document: The answer.
        family: How it was made, e.g. ``"gold"``, ``"truncated"``, ``"damaged:dropped_step"``.
        expected: ``accept`` for what is right by construction or by the oracle, else ``reject``.
        route: How it gets to the critics. A text that is to be rejected may still be accepted for a right answer
            that its reformulator finds in it.
        specimen: The right answers that it was made from.
        number: Its place in the audit.
    """

    problem: P
    document: JsonValue
    family: str
    expected: Expected
    specimen: Specimen[P]
    route: Route = "document"
    number: int = 0


def documents(domain: Domain[P], n: int, seed: int = 0) -> Iterator[AuditDocument[P]]:
    """The first n documents on which a domain's critics are audited, texts for reformulators and claims left out.

    Args:
        domain: The domain.
        n: How many.
        seed: The same seed gives the same documents.

    Raises:
        ConfigurationError: The domain has no specimens.
    """
    specimens = domain.specimens()
    if specimens is None:
        raise ConfigurationError(
            f"the domain {domain.name!r} has nothing to audit its critics on: write its specimens()"
        )
    made = drawn_documents(specimens, n, seed=seed, with_texts=False)
    return islice(made, n)


def drawn_documents(
    specimens: Specimens[P], n: int, *, seed: int, with_texts: bool
) -> Iterator[AuditDocument[P]]:
    """Documents without end, problem by problem; n only says how many problems they should be spread over.

    There is an end to those of cases.
    """
    if isinstance(specimens, Cases):
        yield from _of_cases(specimens, seed)
        return
    share = min(_DOCUMENTS_OF_A_PROBLEM, max(_FEWEST_OF_A_PROBLEM, n // 20))
    numbers = count()
    before: Specimen[P] | None = None
    for place in count():
        rng = random.Random(f"{seed}/{place}")  # noqa: S311  audits repeat by their seed
        specimen = specimens.draw(rng)
        if not specimen.answers:
            raise ConfigurationError(
                f"{type(specimens).__qualname__}.draw gave a problem without a right answer"
            )
        series = _Series(specimens, specimen, rng, share)
        for made in series.documents(place, before, with_texts=with_texts):
            yield replace(made, number=next(numbers))
        before = specimen


def _of_cases(cases: Cases, seed: int) -> Iterator[AuditDocument[Any]]:
    """Every case, and attacks on every problem that has a right answer."""
    numbers = count()
    for case in cases.cases:
        yield AuditDocument(
            problem=case.specimen.problem,
            document=case.document,
            family="gold" if case.is_right else "case",
            expected="accept" if case.is_right else "reject",
            specimen=case.specimen,
            number=next(numbers),
        )
    for place, specimen in enumerate(cases.specimens):
        rng = random.Random(f"{seed}/{place}")  # noqa: S311  audits repeat by their seed
        for made in _Series(cases, specimen, rng, _DOCUMENTS_OF_A_PROBLEM).attacks(place):
            yield replace(made, number=next(numbers))


def oracle_verdict(specimens: Specimens[Any], problem: Any, document: JsonValue) -> bool | None:
    """What the oracle says of a document.

    Raises:
        ProgramError: It fails.
    """
    try:
        return specimens.is_right(problem, document)
    except Exception as error:
        raise ProgramError(f"{type(specimens).__qualname__}.is_right, on {document!r:.200},", error) from error


class _Series(Generic[P]):
    """The documents about one problem."""

    def __init__(self, specimens: Specimens[P], specimen: Specimen[P], rng: random.Random, share: int) -> None:
        self._specimens, self._specimen, self._rng, self._share = specimens, specimen, rng, share

    def documents(
        self, place: int, before: Specimen[P] | None, *, with_texts: bool
    ) -> Iterator[AuditDocument[P]]:
        given = 0
        for made in self._special(place, before, with_texts):
            given += 1
            yield made
        for made in islice(self._mutations(), max(0, self._share - given)):
            yield made

    def _special(self, place: int, before: Specimen[P] | None, with_texts: bool) -> Iterator[AuditDocument[P]]:
        """Everything but generic mutations."""
        share, rng = self._share, self._rng
        for answer in self._specimen.answers[:3]:
            yield self._document(Variant("gold", answer), expected="accept")
        for variant in self._some(self._specimens.rewritten(self._specimen, rng), share // 10):
            yield self._document(_prefixed("rewritten", variant), expected="accept")
        if before is not None:
            yield from self._asked([Variant("another_problem", before.answers[0])])
        damaged = self._some(self._specimens.damaged(self._specimen, rng), share * 4 // 10)
        yield from self._asked(_prefixed("damaged", variant) for variant in damaged)
        yield from self.attacks(place)
        if with_texts:
            yield from self._texts(max(3, share // 10))
            if place < _MOST_CLAIMS:
                claim = Variant("false_claim", "no solution exists")
                yield self._document(claim, expected="reject", route="claim")

    def attacks(self, place: int) -> Iterator[AuditDocument[P]]:
        """Other types, and some of the attacks that know nothing of the problem, other ones each time."""
        for _ in range(max(1, self._share // 30)):
            yield from self._confused()
        attacks = max(4, self._share // 12)
        yield from self._asked(ATTACKS[(place * attacks + i) % len(ATTACKS)] for i in range(attacks))
        if place < _MOST_HUGE:
            yield self._document(huge(self._answer(), self._rng), expected="reject")

    def _answer(self) -> JsonValue:
        return self._rng.choice(self._specimen.answers)

    def _some(self, variants: Iterable[Variant], most: int) -> list[Variant]:
        found = list(islice(variants, _MOST_DAMAGED))
        chosen = sorted(self._rng.sample(range(len(found)), most)) if len(found) > most else range(len(found))
        return [found[at] for at in chosen]

    def _document(self, variant: Variant, *, expected: Expected, route: Route = "document") -> AuditDocument[P]:
        return AuditDocument(
            problem=self._specimen.problem,
            document=variant.document,
            family=variant.family,
            expected=expected,
            specimen=self._specimen,
            route=route,
        )

    def _asked(self, variants: Iterable[Variant]) -> Iterator[AuditDocument[P]]:
        """Documents that are wrong unless they are a right answer after all, or the oracle says that they are."""
        for variant in variants:
            if self._is_an_answer(variant.document):
                continue
            right = oracle_verdict(self._specimens, self._specimen.problem, variant.document)
            yield self._document(variant, expected="accept" if right else "reject")

    def _is_right(self, text: JsonValue) -> bool:
        """Whether a text happens to be an answer, as it stands or as the JSON in it."""
        assert isinstance(text, str)
        readings: list[JsonValue] = [text]
        with suppress(ProblemError):
            readings.append(parse_json(text))
        problem = self._specimen.problem
        return any(self._is_an_answer(r) or oracle_verdict(self._specimens, problem, r) for r in readings)

    def _is_an_answer(self, document: JsonValue) -> bool:
        return any(is_same_document(document, answer) for answer in self._specimen.answers)

    def _confused(self) -> Iterator[AuditDocument[P]]:
        for variant in confusions(self._answer(), self._rng):
            if variant.family == "type_confusion":  # oracles in Python take True for 1 as easily as critics do
                if not self._is_an_answer(variant.document):
                    yield self._document(variant, expected="reject")
            else:
                yield from self._asked([variant])

    def _mutations(self) -> Iterator[AuditDocument[P]]:
        # An answer to which hardly any change applies must not keep this going for ever.
        for _ in range(20 * self._share):
            variant = mutation(self._answer(), self._rng)
            if variant is not None:
                yield from self._asked([variant])

    def _texts(self, most: int) -> Iterator[AuditDocument[P]]:
        """What models send: the answer in the form of a text, and texts that hold none."""
        text = as_text(self._answer())
        yield self._document(Variant("text:gold", text), expected="accept", route="text")
        made = [Variant("text:injection", with_injection("I could not solve it.", self._rng))]
        made.append(Variant("text:injected_answer", with_injection(text, self._rng)))
        while len(made) < most - 1:
            changed = text_mutation(text, self._rng) or Variant(
                "attack", as_text(self._rng.choice(ATTACKS).document)
            )
            if changed.family == "attack" and self._is_right(changed.document):
                changed = Variant("attack", "")
            made.append(_prefixed("text", changed))
        for variant in made:
            yield self._document(variant, expected="reject", route="text")


def as_text(document: JsonValue) -> str:
    """A document as a model would send it."""
    if isinstance(document, str):
        return document.encode("utf-8", "replace").decode()
    try:
        return json.dumps(document)
    except ValueError:  # an integer of more digits than Python prints
        return str(type(document).__name__)


def _prefixed(prefix: str, variant: Variant) -> Variant:
    return Variant(f"{prefix}:{variant.family}", variant.document)
