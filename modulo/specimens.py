"""What an audit tries critics on: problems with right answers, damaged answers, and right ones written otherwise."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from modulo.canonical import JsonValue

__all__ = ["Specimen", "Specimens", "Variant"]

P = TypeVar("P")


class Specimen(Struct, Generic[P], frozen=True):
    """A problem and answers to it that are known to be right.

    Attributes:
        problem: The problem.
        answers: Right answers, at least one, as documents that ``Domain.read_candidate`` takes.
    """

    problem: P
    answers: tuple[JsonValue, ...]


class Variant(Struct, frozen=True):
    """A document made of a right answer.

    Attributes:
        family: What was done to it, constant for a kind of change, e.g. ``"dropped_step"``.
        document: The result, as ``Domain.read_candidate`` takes it.
    """

    family: str
    document: JsonValue


class Specimens(ABC, Generic[P]):
    """What critics of a kind of problem are audited on.

    All randomness comes from the generators that are passed in, so that a seed repeats an audit.
    """

    @abstractmethod
    def draw(self, rng: random.Random) -> Specimen[P]:
        """A problem with right answers that were not found by the critics that they are to test."""

    def damaged(self, specimen: Specimen[P], rng: random.Random) -> Iterable[Variant]:
        """Its answers with faults that this kind of problem invites.

        One that happens to be right is no fault of the critic, if ``is_right`` says so.
        """
        return ()

    def rewritten(self, specimen: Specimen[P], rng: random.Random) -> Iterable[Variant]:
        """Its answers written otherwise, in ways that must not change the verdict."""
        return ()

    def is_right(self, problem: P, document: JsonValue) -> bool | None:
        """Whether a document answers the problem, found without any code of the critics; None if that is unknown.

        What is unknown must be rejected, where it is a damaged answer. What a reformulator found in a text comes in
        canonical form, as certificates have it, whatever forms documents may have besides.
        """
        return None

    def describe(self) -> dict[str, Any]:
        """Settings, for the report."""
        return {"specimens": type(self).__qualname__}
