"""Critics around the audited ones: the same in another process, or failing in every way that critics can fail."""

from __future__ import annotations

import os
import pickle
import signal
import time
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from modulo.asynchrony import is_async
from modulo.canonical import JsonValue
from modulo.critique import Critique
from modulo.protocols import Critic, Judgement
from modulo.running.verdicts import call_critic

__all__ = ["HANG_SECONDS", "Around", "Failing", "Failure", "can_be_sent"]

Failure: TypeAlias = Literal["crash", "crash_in_worker", "exit", "hang", "kill"]

HANG_SECONDS: Final = 0.3
"""Deadline of a critic that hangs."""
_FOR_EVER: Final = 3600.0


class Around(Critic[Any, Any]):
    """A critic that judges as another one does, in a worker process.

    **Sound for:** what the other one is.

    **Does not check:** what the other one does not.
    """

    def __init__(self, inner: Critic[Any, Any]) -> None:
        self.inner = inner
        self.proves, self.soundness, self.version = inner.proves, inner.soundness, inner.version
        self.cost, self.is_format, self.judges = inner.cost, inner.is_format, inner.judges
        self.max_seconds = inner.max_seconds
        self.runs_in = "process"

    def critique(self, problem: Any, candidate: Any, *others: Any) -> Judgement:
        """What the other critic says."""
        judgement: Judgement = call_critic(self.inner, (problem, candidate, *others))
        return judgement

    @property
    def id(self) -> str:
        """That of the other critic."""
        return self.inner.id

    def applies_to(self, problem: Any) -> bool:
        """Whether the other critic does."""
        return self.inner.applies_to(problem)

    def options(self) -> Mapping[str, JsonValue]:
        """Those of the other critic."""
        return self.inner.options()

    async def prepare(self) -> None:
        """Prepare the other critic."""
        await self.inner.prepare()


class Failing(Around):
    """A critic that has judged, and then fails before it can say so.

    **Sound for:** nothing; it never gives a verdict.

    **Does not check:** anything.
    """

    def __init__(self, inner: Critic[Any, Any], failure: Failure) -> None:
        super().__init__(inner)
        self.failure = failure
        self.runs_in = "loop" if failure == "crash" else "process"
        self.max_seconds = HANG_SECONDS if failure == "hang" else None

    def critique(self, problem: Any, candidate: Any, *others: Any) -> Judgement:
        """Fail.

        Raises:
            RuntimeError: In a crash.
            SystemExit: In an exit.
        """
        if self.failure == "hang":
            time.sleep(_FOR_EVER)
        if self.inner is not None and not is_async(self.inner.critique):
            super().critique(problem, candidate, *others)
        if self.failure == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.failure == "exit":
            raise SystemExit(0)
        if self.failure in ("crash", "crash_in_worker"):
            raise RuntimeError("a crash that the audit injected")
        return Critique.accept()

    def __getstate__(self) -> dict[str, Any]:
        """All of it; without the inner critic where that cannot be sent, to fail there all the same."""
        state = dict(self.__dict__)
        return state if can_be_sent(self.inner) else state | {"inner": None}


def can_be_sent(critic: Critic[Any, Any]) -> bool:
    """Whether a critic can be sent to a worker process."""
    try:
        pickle.dumps(critic)
    except Exception:  # noqa: BLE001  pickle runs code of the critic's
        return False
    return not is_async(critic.critique)
