"""For tests: a generator that plays a script, a clock turned by hand, audits of critics, trials of strategies."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
import anyio.lowlevel

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.conformance import Scenario, assert_conforms
from modulo.errors import GeneratorDepleted
from modulo.protocols import ONE_CALL, Critic, Generation, Generator, Request
from modulo.specimens import Specimens

if TYPE_CHECKING:
    from modulo.audit import AuditReport
    from modulo.domain import Domain

__all__ = [
    "ManualClock",
    "Scenario",
    "Scripted",
    "ScriptedGenerator",
    "assert_conforms",
    "assert_sound",
    "audit",
]

Scripted: TypeAlias = str | Generation | BaseException


class ScriptedGenerator(Generator):
    """Plays a script: the answer, or the exception, for the first call to its node, the second, ...

    The place in the script is that of the call in its run, so one object serves many runs at once.

    Args:
        script: What to answer, in order; or a function of the request.
        latency_seconds: How long each answer takes.
        worst_case: What each call may cost, for reservations.
        repeats_last: Whether the last entry is played for ever; otherwise, the end of the script is
            ``GeneratorDepleted``.
        keeps_requests: Whether every request is kept, which takes memory in long runs.

    Attributes:
        requests: Every request, in the order in which they came.
    """

    def __init__(
        self,
        script: Sequence[Scripted] | Callable[[Request], Scripted],
        *,
        latency_seconds: float | None = None,
        worst_case: Usage | None = None,
        repeats_last: bool = False,
        keeps_requests: bool = True,
    ) -> None:
        self._script = script
        self._latency_seconds = latency_seconds
        self._worst_case = worst_case or ONE_CALL
        self._repeats_last = repeats_last
        self._keeps_requests = keeps_requests
        self.requests: list[Request] = []

    async def generate(self, request: Request) -> Generation:
        """Play the next entry of the script."""
        if self._keeps_requests:
            self.requests.append(request)
        if self._latency_seconds is not None:
            await anyio.sleep(self._latency_seconds)
        entry = self._entry(request)
        if isinstance(entry, BaseException):
            raise entry
        return entry if isinstance(entry, Generation) else Generation(text=entry, model="scripted")

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """What the maker of this double said."""
        return self._worst_case

    def describe(self) -> Mapping[str, JsonValue]:
        """That this is a script."""
        return {"generator": "scripted"}

    def _entry(self, request: Request) -> Scripted:
        if callable(self._script):
            return self._script(request)
        if request.turn < len(self._script):
            return self._script[request.turn]
        if self._repeats_last and self._script:
            return self._script[-1]
        raise GeneratorDepleted(f"the script of {request.node!r} has {len(self._script)} entries")


class ManualClock:
    """A clock that stands still until it is advanced, for tests without waiting.

    Args:
        start: The date and time at which it begins.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._now = 0.0
        self._alarms: list[tuple[float, int, Callable[[], object]]] = []
        self._alarms_set = 0

    def now(self) -> float:
        """Seconds since it was made."""
        return self._now

    def wall_time(self) -> datetime:
        """The date and time that it shows."""
        return self._start + timedelta(seconds=self._now)

    async def sleep(self, seconds: float) -> None:
        """Wait until somebody has advanced it that far."""
        if seconds <= 0:
            await anyio.lowlevel.checkpoint()
            return
        rung = anyio.Event()
        self._set_alarm(seconds, rung.set)
        await rung.wait()

    def move_on_after(self, seconds: float | None) -> anyio.CancelScope:
        """A cancel scope that is cancelled when it has been advanced that far."""
        scope = anyio.CancelScope()
        if seconds is not None and seconds <= 0:
            scope.cancel()
        elif seconds is not None:
            self._set_alarm(seconds, scope.cancel)
        return scope

    def advance(self, seconds: float) -> None:
        """Turn it forward; sleepers whose time has come wake, deadlines that have passed cancel.

        Raises:
            ValueError: It would go back.
        """
        if seconds < 0:
            raise ValueError(f"a clock never goes back: {seconds!r}")
        end = self._now + seconds
        while self._alarms and self._alarms[0][0] <= end:
            self._now, _, ring = heapq.heappop(self._alarms)
            ring()
        self._now = end

    @property
    def sleepers(self) -> int:
        """How many alarms are set."""
        return len(self._alarms)

    def _set_alarm(self, seconds: float, ring: Callable[[], object]) -> None:
        self._alarms_set += 1  # alarms for the same moment ring in the order in which they were set
        heapq.heappush(self._alarms, (self._now + seconds, self._alarms_set, ring))


def audit(
    audited: Domain[Any] | Critic[Any, Any],
    specimens: Specimens[Any] | None = None,
    *,
    n: int = 1000,
    seed: int = 0,
    in_workers: bool = True,
) -> AuditReport:
    """Audit a domain's critics or one critic, as ``modulo audit`` does, and wait for the report.

    Args:
        audited: The domain or the critic.
        specimens: Problems with right answers and what can be made of them; a domain has its own.
        n: How many documents are judged.
        seed: The same seed gives the same documents.
        in_workers: Whether critics also judge, and are made to fail, in worker processes, which takes some seconds.

    Raises:
        ModuloError: There is nothing to audit it on, or a critic needs something that is missing.
    """
    from modulo import audit as audits

    async def audited_here() -> AuditReport:
        return await audits.audit(audited, specimens, n=n, seed=seed, in_workers=in_workers)

    return anyio.run(audited_here)


def assert_sound(
    audited: Domain[Any] | Critic[Any, Any],
    specimens: Specimens[Any] | None = None,
    *,
    n: int = 1000,
    seed: int = 0,
    in_workers: bool = True,
) -> AuditReport:
    """Fail the test unless an audit finds nothing; for plain test functions, outside of event loops.

    Args:
        audited: The domain or the critic.
        specimens: As for ``audit``.
        n: How many documents are judged.
        seed: The same seed gives the same documents.
        in_workers: As for ``audit``.

    Returns:
        The report, for further assertions.

    Raises:
        AssertionError: Something was found; it lists what.
        ModuloError: As ``audit``.
    """
    report = audit(audited, specimens, n=n, seed=seed, in_workers=in_workers)
    if not report.is_sound:
        raise AssertionError("\n".join([report.summary(), *report.complaints()]))
    return report
