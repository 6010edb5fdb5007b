"""The problem: where one arrives, how long ways take, and who is where when; and the most friends one can meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Final, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from modulo.domains.natural_plan import Minute

__all__ = ["Friend", "MeetingProblem", "Way", "most_meetings", "next_friend"]

Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\W\d_]+(?:['-][^\W\d_]+)*$", max_length=60)]
Place: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[^\W\d_]+(?:['-][^\W\d_]+)*(?: [^\W\d_]+(?:['-][^\W\d_]+)*)*$", max_length=60),
]
"""Words of letters, hyphens and apostrophes."""

MAX_FRIENDS: Final = 12
"""The benchmark has up to 10. The best schedule is found exactly, in time that doubles with each friend."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Friend(_Model):
    """A friend, where they are from when to when, and for how long one would like to meet them at least."""

    name: Name
    place: Place
    opens: Minute
    closes: Minute
    minutes: int = Field(strict=True, ge=1, le=24 * 60)

    @model_validator(mode="after")
    def _leaves_after_coming(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError(f"{self.name} leaves before coming")
        return self


class Way(_Model):
    """How long it takes from one place to another; the way back may take another time."""

    origin: Place
    destination: Place
    minutes: int = Field(strict=True, ge=0, le=24 * 60)


class MeetingProblem(_Model):
    """A day on which to meet as many friends as possible.

    Attributes:
        place: Where one arrives.
        arrives: When.
        friends: The friends, each once.
        ways: From each place that matters to each other one, each once.
    """

    place: Place
    arrives: Minute
    friends: tuple[Friend, ...] = Field(min_length=1, max_length=MAX_FRIENDS)
    ways: tuple[Way, ...] = Field(max_length=10_000)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if len({friend.name for friend in self.friends}) != len(self.friends):
            raise ValueError("a friend is named twice")
        known = {(way.origin, way.destination) for way in self.ways}
        if len(known) != len(self.ways):
            raise ValueError("a way is given twice")
        places = {self.place, *(friend.place for friend in self.friends)}
        for origin in sorted(places):
            for destination in sorted(places - {origin}):
                if (origin, destination) not in known:
                    raise ValueError(f"how long it takes from {origin} to {destination} is not said")
        return self

    def friend(self, name: str) -> Friend | None:
        """The friend of that name, if there is one."""
        return next((friend for friend in self.friends if friend.name == name), None)

    def times(self) -> dict[tuple[str, str], int]:
        """Minutes from each place to each other one."""
        return {(way.origin, way.destination): way.minutes for way in self.ways}


@lru_cache(maxsize=256)
def most_meetings(problem: MeetingProblem) -> int:
    """The most friends that one can meet, going straight from one to the next.

    Found exactly: of all schedules with the same friends met and the same one last, the one that is done first is as
    good as any, since it is never of use to be later or to meet for longer.
    """
    return _Search(problem).best(problem.place, problem.arrives, range(len(problem.friends)))[0]


def next_friend(problem: MeetingProblem, met: tuple[str, ...]) -> tuple[int, Friend | None]:
    """How to go on from some meetings so that as many friends are met as can be then.

    Args:
        problem: The problem.
        met: Names of friends that are met first, in this order, each as early as possible.

    Returns:
        How many are met in all, 0 if these cannot be met so; and whom to meet next, if anybody.
    """
    search, place, time = _Search(problem), problem.place, problem.arrives
    left = {friend.name: index for index, friend in enumerate(problem.friends)}
    for name in met:
        index = left.pop(name, None)
        done = None if index is None else search.done(place, time, index)
        if index is None or done is None:
            return 0, None
        place, time = problem.friends[index].place, done
    count, first = search.best(place, time, left.values())
    return len(met) + count, None if first is None else problem.friends[first]


_State: TypeAlias = tuple[int, int]
"""Who is met, as bits, and who was last, by their places among the friends."""


class _Search:
    """Finds schedules with the most meetings, friend by friend more."""

    def __init__(self, problem: MeetingProblem) -> None:
        self._friends = problem.friends
        self._times = problem.times()

    def best(self, place: str, time: int, left: Iterable[int]) -> tuple[int, int | None]:
        """How many of those who are left one can meet from here and now on, and whom first."""
        candidates = tuple(left)
        reached: dict[_State, tuple[int, int]] = {}
        for index in candidates:
            done = self.done(place, time, index)
            if done is not None:
                reached[1 << index, index] = (done, index)
        best: tuple[int, int | None] = (0, None)
        for count in range(1, len(candidates) + 1):
            if not reached:
                break
            best = count, next(iter(reached.values()))[1]
            reached = self._one_more(candidates, reached)
        return best

    def _one_more(
        self, candidates: tuple[int, ...], reached: Mapping[_State, tuple[int, int]]
    ) -> dict[_State, tuple[int, int]]:
        """For each state of one meeting more, the earliest time at which it can be over, and who is first then."""
        found: dict[_State, tuple[int, int]] = {}
        for (met, last), (time, first) in reached.items():
            place = self._friends[last].place
            for index in candidates:
                done = None if met >> index & 1 else self.done(place, time, index)
                state = (met | 1 << index, index)
                if done is not None and (state not in found or done < found[state][0]):
                    found[state] = (done, first)
        return found

    def done(self, place: str, time: int, index: int) -> int | None:
        """When a meeting with a friend is over, going there now; None if there is no time for it."""
        friend = self._friends[index]
        on_the_way = 0 if friend.place == place else self._times[place, friend.place]
        done = max(time + on_the_way, friend.opens) + friend.minutes
        return done if done <= friend.closes else None
