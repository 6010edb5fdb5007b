"""The course of a replay: everything in the recorded order, and a way out where that order cannot be kept.

Where several things went on at once, timing decided what came first, and that may have decided what was
cancelled or refused. So a replay holds each step back until it is its turn. Where the recording ends, or a
replay differs from it, turns may never come; then it is stopped as soon as nothing else can go on.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

import anyio
import anyio.lowlevel
from msgspec.structs import replace

from modulo.budget import Usage
from modulo.critique import Critique, Remark
from modulo.errors import LimitReached
from modulo.events import (
    AttemptFinished,
    BudgetRefused,
    BudgetReserved,
    BudgetSettled,
    Event,
)
from modulo.protocols import Generation, Generator, Request
from modulo.recording import Recording, Step, StepKind
from modulo.running.place import active_ledger, active_place
from modulo.sending import tell_whether_sent

__all__ = ["Course", "Player"]

_KINDS: Final[dict[type[Event], StepKind]] = {
    BudgetReserved: "reserved",
    BudgetRefused: "refused",
    BudgetSettled: "settled",
    AttemptFinished: "finished",
}


class Course:
    """Holds the steps of a replayed run back until their turn; it is the run's ``Script``.

    Attributes:
        stop: Ends the run.
        is_stopped: Whether the course ended the run, because the recording ends or cannot be followed.
    """

    stop: Callable[[], None]

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._steps = deque(recording.steps)
        self._ahead = Counter(step.attempt for step in recording.steps)
        self._at_work: set[int] = set()
        self._protections: dict[int, list[anyio.CancelScope]] = {}
        self._changed = anyio.Event()
        self._has_watch = False
        self.is_stopped = False

    def note(self, event: Event) -> None:
        """Hear of an event of the replayed run."""
        if isinstance(event, AttemptFinished):
            self._at_work.discard(event.attempt)
        kind = _KINDS.get(type(event))
        if kind and self._is_next(event.attempt, kind):  # type: ignore[attr-defined]
            self._advance()

    def begin_round(self, number: int) -> None:
        """Hear that a round is about to begin.

        Raises:
            LimitReached: It did not fit a limit of a ledger above the run's own.
        """
        limit = self._recording.limit_that_ended_it()
        if limit and number > self._recording.rounds:
            raise LimitReached(limit)

    def attempts_that_fitted(self, first_attempt: int, samples: int) -> int:
        """How many of some attempts fitted limits of ledgers above the run's own.

        Raises:
            LimitReached: None of them.
        """
        if "attempts" not in self._recording.limits_from_above:
            return samples
        fitted = min(samples, self._recording.samples_of(first_attempt))
        if not fitted:
            raise LimitReached("attempts")
        return fitted

    async def before_call(self, attempt: int) -> None:
        """Wait for the turn to reserve a call.

        Raises:
            LimitReached: It was refused because of a limit of a ledger above the run's own.
        """
        step = await self._turn(attempt, "reserved", "refused")
        await self._wait_for_others(attempt)
        self._at_work.discard(attempt)
        if step.kind == "refused" and step.document["resource"] in self._recording.limits_from_above:
            raise LimitReached(step.document["resource"])

    async def before_answer(self, attempt: int) -> None:
        """Wait for the turn to answer a call, booking what loops nested in it spent."""
        while (await self._turn(attempt, "nested", "settled")).kind == "nested":
            self._book_nested()

    async def before_judging(self, attempt: int) -> None:
        """Wait for the turn to be judged."""
        await self._turn(attempt, "nested", "finished")
        await self._wait_for_others(attempt)

    async def before_verdict(self) -> None:
        """Wait for the turn to end being judged, booking what loops and judges nested in it spent."""
        attempt = self._attempt()
        self._at_work.discard(attempt)
        while (await self._turn(attempt, "nested", "finished")).kind == "nested":
            self._book_nested()
        await self._wait_for_others(attempt)

    async def hang(self) -> None:
        """Wait to be cancelled, as the recorded call was."""
        while True:
            await self._pause()

    def failed_critique(self, critic: str) -> Critique | None:
        """The critique of a critic that failed at the attempt that is being judged; None if it did not."""
        return self._recording.failed_critique(self._attempt(), critic)

    def remark(self, critic: str) -> Remark:
        """The remark of a soft critic on the attempt that is being judged."""
        return self._recording.remark(self._attempt(), critic)

    def conversion(self, node: str, *, is_last: bool, value: Any) -> Any:
        """What a conversion gave for the attempt that is being judged.

        Raises:
            Malformed: It found no canonical form.
            RuntimeError: It failed.
        """
        return self._recording.conversion(self._attempt(), node, is_last=is_last, value=value)

    def protection(self, attempt: int) -> anyio.CancelScope:
        """Keeps an attempt from being cancelled while it has recorded steps ahead.

        An attempt may come to its end although another one, by winning, has just cancelled it.
        """
        scope = anyio.CancelScope(shield=self._ahead[attempt] > 0 and not self.is_stopped)
        if scope.shield:
            self._protections.setdefault(attempt, []).append(scope)
        return scope

    def over(self, attempts: Iterable[int]) -> None:
        """Hear that nothing more will come of some attempts."""
        self._at_work.difference_update(attempts)
        self._wake()

    async def _turn(self, attempt: int, *kinds: StepKind) -> Step:
        """The next step, once it is one of these of this attempt; never, if it does not come."""
        self._wake()
        with self.protection(attempt):
            while not self._is_next(attempt, *kinds) and not self.is_stopped:
                await self._pause()
        if not self._is_next(attempt, *kinds):
            await self.hang()
        return self._steps[0]

    async def _wait_for_others(self, attempt: int) -> None:
        """Let others get to where they wait for their turns; what this attempt does next may cancel them."""
        self._at_work.add(attempt)
        with self.protection(attempt):
            await _let_others_go_on()

    def _is_next(self, attempt: int, *kinds: StepKind) -> bool:
        return bool(self._steps) and self._steps[0].attempt == attempt and self._steps[0].kind in kinds

    def _advance(self) -> None:
        step = self._steps.popleft()
        self._ahead[step.attempt] -= 1
        if not self._ahead[step.attempt]:
            self._end_protection(step.attempt)
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def _pause(self) -> None:
        """Wait until something changes. If nothing can any more, stop the run.

        Nothing can where nobody is at work: all others wait for a turn.
        """
        changed = self._changed
        if not self._has_watch:
            await self._watch(changed)
        await changed.wait()

    async def _watch(self, changed: anyio.Event) -> None:
        self._has_watch = True
        is_quiet = False
        try:
            await _let_others_go_on()
            is_quiet = not changed.is_set()
        finally:
            self._has_watch = False
            if not is_quiet:
                self._wake()  # somebody else may have to watch over what comes now
        if is_quiet and not self._at_work and not self.is_stopped:
            self.is_stopped = True
            for attempt in [*self._protections]:
                self._end_protection(attempt)
            self.stop()
            self._wake()

    def _end_protection(self, attempt: int) -> None:
        for scope in self._protections.pop(attempt, ()):
            scope.shield = False

    def _book_nested(self) -> None:
        step, ledger = self._steps[0], active_ledger()
        assert ledger is not None
        spent = Usage(**step.document["bill"])
        if step.document.get("unconfirmed") is not None:
            unconfirmed = Usage(**step.document["unconfirmed"])
            spent += Usage(
                prompt_tokens=unconfirmed.prompt_tokens,
                completion_tokens=unconfirmed.completion_tokens,
                cost_usd=unconfirmed.cost_usd,
            )
        with suppress(LimitReached):  # a limit is overrun already, so nothing depends on how far
            ledger.reserve_now(Usage()).settle(spent)
        self._advance()

    @staticmethod
    def _attempt() -> int:
        place = active_place()
        assert place is not None
        assert place.attempt is not None
        return place.attempt


async def _let_others_go_on() -> None:
    """Give way until whoever can go on without a turn has done so, such as tasks that were cancelled."""
    for _ in range(10):
        await anyio.lowlevel.checkpoint()


class Player(Generator):
    """Answers as recorded.

    Args:
        recording: The recorded run.
        course: Its course.
        models: The models that it is asked to choose from.
    """

    def __init__(self, recording: Recording, course: Course, models: Sequence[str] = ()) -> None:
        self._recording = recording
        self._course = course
        self._models = models
        self._tries: dict[int, int] = {}

    @property
    def models(self) -> Sequence[str]:
        """Those that it was asked to choose from."""
        return self._models

    @property
    def takes_prefill(self) -> bool:
        """Whatever was begun is gone on from as it was."""
        return True

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """What was to be set aside then."""
        attempt = self._recording.attempt_of(request.node, request.turn)
        if attempt is None:
            return Usage(calls=1)
        return self._recording.worst_case(attempt, self._tries.get(attempt, 0))

    def samples_per_call(self, request: Request) -> int:
        """As many as the first call brought then."""
        attempt = self._recording.attempt_of(request.node, request.turn)
        return 1 if attempt is None else self._recording.samples_of_first_call(attempt)

    async def generate(self, request: Request) -> Generation:
        """The recorded answer."""
        return (await self.generate_samples(request, 1))[0]

    async def generate_samples(self, request: Request, samples: int) -> list[Generation]:
        """The recorded answers."""
        attempt = self._recording.attempt_of(request.node, request.turn)
        nth_try = 0 if attempt is None else self._tries.get(attempt, 0)
        if attempt is None or self._recording.was_cut_off(attempt, nth_try):
            if attempt is not None and self._recording.was_never_sent(attempt, nth_try):
                tell_whether_sent(False)
            await self._course.hang()
        assert attempt is not None
        self._tries[attempt] = nth_try + 1
        await self._course.before_answer(attempt)
        generations = self._recording.generations(attempt, nth_try, samples)
        if not request.prefix:
            return generations
        # The recorded texts have the prefix, which is put before what a generator gives.
        return [replace(made, text=made.text.removeprefix(request.prefix)) for made in generations]
