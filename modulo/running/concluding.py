"""How a run ends: why it stops, and the outcome that comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from modulo.events import CertifiedEvent, RunFinished
from modulo.ledger import Ledger
from modulo.outcome import Certified, Exhausted, Outcome, StopReason, Unsolvable
from modulo.running.certifying import Certifier
from modulo.running.judging import Judge
from modulo.running.ranking import best_of
from modulo.running.reporting import Reporter
from modulo.tree import Attempt, Tree

if TYPE_CHECKING:
    from modulo.certificate import Certificate

__all__ = ["Ending", "Stop", "in_words"]


class Stop(Exception):
    """Ends the rounds of a run; caught by the loop alone.

    Attributes:
        reason: Why it stops.
        attempt: The answer, if that is why.
        error: What went wrong, in words.
        cause: The exception behind that.
        ended_by: What ended the rounds, where an answer was chosen only then.
    """

    def __init__(
        self,
        reason: StopReason,
        *,
        attempt: Attempt | None = None,
        error: str | None = None,
        cause: BaseException | None = None,
        ended_by: StopReason | None = None,
    ) -> None:
        self.reason, self.attempt, self.error, self.ended_by = reason, attempt, error, ended_by
        self.cause = cause
        super().__init__(reason)


class Ending:
    """Makes the outcome of one run, and tells of it.

    Args:
        select: Whether the first certified answer is the outcome or the best one.
        tree: The attempts.
        certifier: Writes the certificate.
        ledger: What the run spent.
        reporter: Tells of the end.
    """

    def __init__(
        self,
        *,
        select: Literal["first", "best"],
        tree: Tree,
        certifier: Certifier,
        ledger: Ledger,
        reporter: Reporter,
    ) -> None:
        self._select = select
        self._tree = tree
        self._certifier = certifier
        self._ledger = ledger
        self._reporter = reporter

    def outcome(self, stop: Stop, judge: Judge) -> Outcome[Any]:
        """The outcome of a run that stopped.

        Args:
            stop: Why it did.
            judge: What its critics said.
        """
        stop, certificate = self._certified(self._chosen(stop), judge)
        books: dict[str, Any] = {
            "attempts": tuple(self._tree.attempts),
            "usage": self._ledger.spent,
            "unconfirmed": self._ledger.unconfirmed,
            "seconds": self._reporter.elapsed(),
        }
        if stop.attempt is None or certificate is None:
            self.announce(stop)
            return Exhausted(stop.reason, error=stop.error, cause=stop.cause, **books)
        candidate = stop.attempt.candidate
        assert candidate is not None
        if self._reporter.emit:
            self._reporter.emit(
                CertifiedEvent(
                    at=self._reporter.elapsed(),
                    attempt=stop.attempt.id,
                    candidate_sha256=candidate.sha256,
                    claim=certificate.claim.text,
                )
            )
        self.announce(stop)
        if stop.reason is StopReason.UNSOLVABLE:
            return Unsolvable(certificate, **books)
        # Made of the bytes that were judged: a value beside them has been in the hands of the strategy.
        solution = self._tree.program.answer.codec.decode(candidate.canonical)
        return Certified(solution, certificate, **books)

    def announce(self, stop: Stop) -> None:
        """Tell that the run is over."""
        if self._reporter.emit:
            self._reporter.emit(
                RunFinished(
                    at=self._reporter.elapsed(),
                    stop_reason=stop.reason,
                    attempt=stop.attempt.id if stop.attempt else None,
                    usage=self._ledger.spent,
                    unconfirmed=self._ledger.unconfirmed,
                    error=stop.error,
                    ended_by=stop.ended_by,
                )
            )

    def _chosen(self, stop: Stop) -> Stop:
        """The stop, with the best certified answer if that is wanted and there is one."""
        if self._select != "best" or stop.reason is StopReason.UNSOLVABLE:
            return stop
        solutions = (a for a in self._tree.certified if a.candidate and not a.candidate.claims_unsolvable)
        best = best_of([*solutions])
        return Stop(StopReason.CERTIFIED, attempt=best, ended_by=stop.reason) if best else stop

    def _certified(self, stop: Stop, judge: Judge) -> tuple[Stop, Certificate | None]:
        """The stop with its certificate; with neither answer nor certificate if that cannot be written."""
        if stop.attempt is None:
            return stop, None
        try:
            return stop, self._certifier.certificate(self._tree, stop.attempt, judge)
        except Exception as error:  # noqa: BLE001  options and digests of critics are user code
            return Stop(StopReason.ERROR, error=in_words(error), cause=error, ended_by=stop.ended_by), None


def in_words(error: BaseException) -> str | None:
    """An exception in words; None for one that is no failure, such as a cancellation."""
    return f"{type(error).__name__}: {error}" if isinstance(error, Exception) else None
