"""A verifier that knows, and one that lets some wrong answers pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modulo.canonical import JsonValue
from modulo.critique import Soundness, Violation
from modulo.domains.simulated.problem import RIGHT, SimulatedProblem, chance
from modulo.errors import ConfigurationError
from modulo.numeric import is_number
from modulo.protocols import Critic

__all__ = ["LetsSomePass", "RightAnswer"]


class RightAnswer(Critic[SimulatedProblem, str]):
    """Judges whether an answer is the right one.

    **Sound for:** the answer is ``right``.

    **Does not check:** anything else; there is nothing else.
    """

    proves = "right answer to this simulated problem"
    version = "1"

    def critique(self, problem: SimulatedProblem, candidate: str) -> Iterator[Violation]:
        """One violation unless it is right."""
        if candidate != RIGHT:
            yield Violation("wrong", f"{candidate!s:.80} is not the right answer.")


class LetsSomePass(Critic[SimulatedProblem, str]):
    """A weak verifier, as tests that do not cover everything are: it accepts a known share of the wrong answers.

    **Sound for:** nothing but having passed it. The share of wrong answers among those it accepts grows with the
    number of answers that it is shown, which is what this is here to show (Stroebl et al., "Inference Scaling
    fLaws", 2024).

    **Does not check:** a share ``false_accepts`` of the wrong answers.

    Args:
        false_accepts: That share, from 0 to 1.

    Raises:
        ConfigurationError: It is no share.
    """

    proves = "passed a verifier that lets some wrong answers pass"
    soundness = Soundness.TESTS
    version = "1"

    def __init__(self, false_accepts: float) -> None:
        if not is_number(false_accepts) or not 0 <= false_accepts <= 1:
            raise ConfigurationError(f"false_accepts must be a number from 0 to 1, not {false_accepts!r}")
        self._false_accepts = false_accepts

    def options(self) -> Mapping[str, JsonValue]:
        """The share that passes."""
        return {"false_accepts": self._false_accepts}

    def critique(self, problem: SimulatedProblem, candidate: str) -> Iterator[Violation]:
        """One violation if it sees that the answer is wrong; always the same for the same answer."""
        passes = chance("passes", problem.number, problem.difficulty, candidate) < self._false_accepts
        if candidate != RIGHT and not passes:
            yield Violation("wrong", f"{candidate!s:.80} is not the right answer.")
