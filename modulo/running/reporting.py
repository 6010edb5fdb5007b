"""Tells whoever listens to a run what happens in it, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modulo.clock import Clock
from modulo.events import AttemptFinished, CritiqueGiven, Event, RemarkGiven
from modulo.tree import Attempt

__all__ = ["Reporter", "announce_judgement"]


class Reporter:
    """The one way for events out of a run.

    Args:
        sinks: Functions that take every event.
        clock: For the time since the run started, which is now.

    Attributes:
        emit: Takes an event; None if nobody listens, so that nobody makes one.
    """

    __slots__ = ("_now", "_started", "emit")

    def __init__(self, sinks: Sequence[Callable[[Event], object]], clock: Clock) -> None:
        self._now = clock.now
        self._started = clock.now()
        self.emit: Callable[[Event], object] | None = None
        if len(sinks) == 1:  # the quickest way
            self.emit = sinks[0]
        elif sinks:

            def emit(event: Event) -> None:
                for sink in sinks:
                    sink(event)

            self.emit = emit

    def elapsed(self) -> float:
        """Seconds since the run started."""
        return self._now() - self._started


def announce_judgement(reporter: Reporter, attempt: Attempt) -> None:
    """Tell what was said of an attempt, where somebody listens."""
    emit, at = reporter.emit, reporter.elapsed()
    assert emit is not None
    violations = 0
    for critique in attempt.critiques:
        violations += len(critique.violations)
        emit(CritiqueGiven(at=at, attempt=attempt.id, critique=critique))
    for remark in attempt.remarks:
        emit(RemarkGiven(at=at, attempt=attempt.id, remark=remark))
    emit(
        AttemptFinished(
            at=at,
            attempt=attempt.id,
            round=attempt.round,
            accepted=attempt.accepted,
            violations=violations,
            error=attempt.error,
        )
    )
