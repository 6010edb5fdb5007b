"""What a replay prescribes to a run because it does not follow from the run: order, failures, opinions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import anyio

from modulo.critique import Critique, Remark

__all__ = ["Script"]


class Script(Protocol):
    """The recorded course of a run, consulted wherever timing or luck had a say in it."""

    def begin_round(self, number: int) -> None:
        """Hear that a round is about to begin.

        Raises:
            LimitReached: It did not fit a limit that is not the run's own.
        """
        ...

    def attempts_that_fitted(self, first_attempt: int, samples: int) -> int:
        """How many of some attempts fitted limits that are not the run's own.

        Raises:
            LimitReached: None of them.
        """
        ...

    async def before_call(self, attempt: int) -> None:
        """Wait until it is this attempt's turn to reserve its next call.

        Raises:
            LimitReached: The recorded call did not fit a limit that is not the run's own.
        """
        ...

    async def before_judging(self, attempt: int) -> None:
        """Wait until it is this attempt's turn to be judged."""
        ...

    async def before_verdict(self) -> None:
        """Wait until it is the turn of the attempt that is being judged to be done with it."""
        ...

    def protection(self, attempt: int) -> anyio.CancelScope:
        """Keeps an attempt from being cancelled while it is judged, if it was judged to the end then."""
        ...

    def failed_critique(self, critic: str) -> Critique | None:
        """The critique of a critic that failed at the attempt that is being judged; None if it did not."""
        ...

    def remark(self, critic: str) -> Remark:
        """The remark of a soft critic on the attempt that is being judged."""
        ...

    def over(self, attempts: Iterable[int]) -> None:
        """Hear that nothing more will come of some attempts."""
        ...
