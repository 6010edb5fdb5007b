"""Two implementations of one judgement, in all the ways in which critics run, and what can go wrong with them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import modulo
from modulo import Critique, Violation
from modulo.canonical import JsonValue
from modulo.critique import Soundness
from modulo.protocols import Critic

__all__ = ["EvenByBit", "EvenByRemainder", "EvenInAnotherProcess", "EvenLater", "Says"]


class EvenByRemainder(Critic[int, int]):
    """Whether the sum of problem and candidate is even."""

    proves = "the sum is even"

    def critique(self, problem: int, candidate: int) -> Iterator[Violation]:
        if (problem + candidate) % 2:
            yield Violation("odd", "The sum is odd.", hint="add one")


class EvenByBit(Critic[int, int]):
    """The same by other means; wrong about one number if it is told so."""

    proves = "the sum is even"
    version = "2"
    cost = 3.0

    def __init__(self, *, wrong_about: int | None = None) -> None:
        self._wrong_about = wrong_about

    def options(self) -> Mapping[str, JsonValue]:
        return {"wrong_about": self._wrong_about}

    def digests(self) -> Mapping[str, str]:
        return {"bits": "0" * 64}

    def critique(self, problem: int, candidate: int) -> list[Violation]:
        is_even = not (problem ^ candidate) & 1
        if is_even == (candidate == self._wrong_about):
            return [Violation("last_bit", "The last bits differ.")]
        return []


class EvenLater(Critic[int, int]):
    """The same, awaited."""

    proves = "the sum is even"
    soundness = Soundness.TESTS

    async def critique(self, problem: int, candidate: int) -> AsyncIterator[Violation]:
        if {problem % 2, candidate % 2} == {0, 1}:
            yield Violation("parity", "One is odd and one is even.")


class EvenInAnotherProcess(Critic[int, int]):
    """The same in a worker process."""

    proves = "the sum is even"
    max_seconds = 20.0

    def __init__(self, does: Callable[[int, int], Any] | None = None, max_seconds: float = 20.0) -> None:
        self.does, self.max_seconds = does, max_seconds

    def critique(self, problem: int, candidate: int) -> Any:
        if self.does:
            return self.does(problem, candidate)
        is_odd = str(problem + candidate)[-1] in "13579"
        return [Violation("odd_digit", "The last digit is odd.")] if is_odd else []


def hangs(problem: int, candidate: int) -> None:
    time.sleep(1000)


def dies(problem: int, candidate: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Says(Critic[Any, Any]):
    """Says what it is told to, or does it."""

    proves = "whatever"

    def __init__(self, says: str) -> None:
        self.says = says

    def critique(self, problem: Any, candidate: Any) -> Any:
        match self.says:
            case "accept":
                return []
            case "accept this":
                return Critique.accept(proves="this very thing")
            case "reject":
                return [Violation("no", f"{type(self).__name__} says no.")]
            case "undecided":
                return Critique.undecided("who knows")
            case "crash":
                raise ZeroDivisionError("by zero")
            case "exit":
                raise SystemExit(0)
            case "spoil the problem":
                problem.append(1)
                return []
            case "spoil the candidate":
                candidate.clear()
                return []
            case "nothing":
                return None
        raise AssertionError(self.says)


class SaysToo(Says):
    """Another implementation, by its code."""

    def critique(self, problem: Any, candidate: Any) -> Any:
        return super().critique(problem, candidate)


class SaysAswell(Says):
    """A third one."""

    def critique(self, problem: Any, candidate: Any) -> Any:
        return super().critique(problem, candidate)


@modulo.critic(proves="nothing is wrong")
def nothing_wrong(problem: Any, candidate: Any) -> list[Violation]:
    return []
