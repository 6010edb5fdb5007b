"""What came of a judge's audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import asdict

from modulo.audit.judges.sample import JudgeCase
from modulo.budget import Usage
from modulo.intervals import wilson_interval

__all__ = ["JudgeReport", "JudgedCase", "Rate", "Said"]

Said: TypeAlias = Literal["accept", "reject", "nothing"]


class JudgedCase(Struct, frozen=True, kw_only=True):
    """What a judge said of an answer.

    Attributes:
        case: The answer.
        said: Its verdict, if it had an opinion.
        why_not: Why it had none.
    """

    case: JudgeCase
    said: Said
    why_not: str | None = None


class Rate(Struct, frozen=True, kw_only=True):
    """How often something happened, with the 95 % interval of Wilson (1927).

    Attributes:
        count: How often.
        of: Of how many.
    """

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; None of none."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound; 0 and 1 of none."""
        return wilson_interval(self.count, self.of)

    def to_json(self) -> dict[str, Any]:
        """Count, number, rate and interval."""
        low, high = self.interval
        return {"count": self.count, "of": self.of, "rate": self.value, "low": low, "high": high}


class JudgeReport(Struct, frozen=True, kw_only=True):
    """A judge's errors, measured against sound critics.

    Attributes:
        domain: The domain.
        judge: The model.
        seed: Draws the answers.
        cases: Every answer with what the judge said.
        usage: What its calls cost.
        unconfirmed: Worst cases of calls whose bill never came.
        seconds: How long they took.
    """

    domain: str
    judge: str
    seed: int
    cases: Sequence[JudgedCase]
    usage: Usage
    unconfirmed: Usage
    seconds: float

    @property
    def false_positives(self) -> Rate:
        """Wrong answers that it accepts, of those wrong ones of which it has an opinion."""
        return self._rate(is_right=False, said="accept")

    @property
    def false_negatives(self) -> Rate:
        """Right answers that it rejects, of those right ones of which it has an opinion."""
        return self._rate(is_right=True, said="reject")

    @property
    def abstentions(self) -> Rate:
        """Answers of which it has no opinion."""
        return Rate(count=sum(case.said == "nothing" for case in self.cases), of=len(self.cases))

    @property
    def reasons(self) -> Mapping[str, int]:
        """Why it had none, with how often."""
        return Counter(case.why_not for case in self.cases if case.why_not is not None)

    @property
    def families(self) -> Mapping[str, Mapping[Said, int]]:
        """By kind of answer, how often it said what."""
        found: dict[str, Counter[Said]] = {}
        for judged in self.cases:
            found.setdefault(judged.case.family, Counter())[judged.said] += 1
        return found

    def to_json(self) -> dict[str, Any]:
        """One JSON object."""
        return {
            "domain": self.domain,
            "judge": self.judge,
            "seed": self.seed,
            "documents": len(self.cases),
            "right": sum(judged.case.is_right for judged in self.cases),
            "false_positive_rate": self.false_positives.to_json(),
            "false_negative_rate": self.false_negatives.to_json(),
            "abstention_rate": self.abstentions.to_json(),
            "abstentions": dict(self.reasons),
            "families": {
                family: {said: counts.get(said, 0) for said in ("accept", "reject", "nothing")}
                for family, counts in self.families.items()
            },
            "usage": asdict(self.usage),
            "unconfirmed": asdict(self.unconfirmed),
            "seconds": round(self.seconds, 3),
        }

    def _rate(self, *, is_right: bool, said: Said) -> Rate:
        of_kind = [judged.said for judged in self.cases if judged.case.is_right == is_right]
        return Rate(count=of_kind.count(said), of=len(of_kind) - of_kind.count("nothing"))
