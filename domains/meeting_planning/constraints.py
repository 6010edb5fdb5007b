"""The constraints on a day of meetings, one function each, and the critic made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from modulo.critics.constraints import Satisfies, constraint
from modulo.critique import Violation
from modulo.domains.meeting_planning.problem import Friend, MeetingProblem, most_meetings, next_friend
from modulo.domains.meeting_planning.schedule import Meet, Schedule, Start, Travel, Wait
from modulo.domains.natural_plan import in_12_hours

__all__ = [
    "as_many_as_possible",
    "best_day",
    "each_friend_once",
    "long_enough",
    "starts_as_given",
    "time_goes_forward",
    "travel_takes_its_time",
    "when_friends_are_there",
    "where_friends_are",
]


@constraint(says="the day starts where and when one arrives")
def starts_as_given(problem: MeetingProblem, schedule: Schedule) -> Iterator[Violation]:
    """The first step, and no other, is the start, at the given place and time."""
    given = str(Start(place=problem.place, at=problem.arrives))
    if schedule.steps[0] != Start(place=problem.place, at=problem.arrives):
        yield Violation(
            "wrong_start",
            "The day starts otherwise.",
            location="step 1",
            expected=given,
            actual=str(schedule.steps[0]),
        )
    for number, step in enumerate(schedule.steps[1:], 2):
        if isinstance(step, Start):
            yield Violation("second_start", "The day starts only once.", location=f"step {number}")


@constraint(says="every way takes as long as it does")
def travel_takes_its_time(problem: MeetingProblem, schedule: Schedule) -> Iterator[Violation]:
    """Minutes are those of the problem, and one arrives that much later than one leaves."""
    times = problem.times()
    for moment in _moments(schedule):
        step, where = moment.step, f"step {moment.number}"
        if not isinstance(step, Travel):
            continue
        minutes = times.get((moment.place, step.place))
        if minutes is None:
            message = f"There is no way from {moment.place} to {step.place}."
            yield Violation("no_way", message, location=where)
        elif minutes != step.minutes or moment.time + minutes != step.arrive:
            right = Travel(place=step.place, minutes=minutes, arrive=min(moment.time + minutes, 24 * 60))
            yield Violation(
                "wrong_travel",
                f"The way from {moment.place} to {step.place} takes {minutes} minutes, and one leaves at "
                f"{in_12_hours(moment.time)}.",
                location=where,
                expected=str(right),
                actual=str(step),
            )


@constraint(says="nothing is done before it can be, and meetings end when they are over")
def time_goes_forward(problem: MeetingProblem, schedule: Schedule) -> Iterator[Violation]:
    """No waiting or meeting reaches back, and a meeting's times are its minutes apart."""
    for moment in _moments(schedule):
        step, where = moment.step, f"step {moment.number}"
        begins = step.until if isinstance(step, Wait) else step.start if isinstance(step, Meet) else moment.time
        if begins < moment.time:
            message = f"It is {in_12_hours(moment.time)} already."
            yield Violation("too_early", message, location=where, actual=str(step))
        if isinstance(step, Meet) and step.end - step.start != step.minutes:
            message = (
                f"From {in_12_hours(step.start)} to {in_12_hours(step.end)} are not {step.minutes} minutes."
            )
            yield Violation("wrong_minutes", message, location=where)


@constraint(says="friends are met where they are")
def where_friends_are(problem: MeetingProblem, schedule: Schedule) -> Iterator[Violation]:
    """Who is met is a friend, and at the place where one is."""
    for moment, step, friend in _meetings(problem, schedule):
        where = f"step {moment.number}"
        if friend is None:
            names = ", ".join(one.name for one in problem.friends)
            yield Violation("unknown_friend", f"{step.friend} is none of {names}.", location=where)
        elif friend.place != moment.place:
            yield Violation(
                "wrong_place",
                f"{friend.name} is at {friend.place}, and not at {moment.place}.",
                location=where,
                hint=f"travel to {friend.place} before.",
            )


@constraint(says="friends are met while they are there")
def when_friends_are_there(problem: MeetingProblem, schedule: Schedule) -> Iterator[Violation]:
    """No meeting begins before the friend comes or ends after they leave."""
    for moment, step, friend in _meetings(problem, schedule):
        if friend is None or (step.start >= friend.opens and step.end <= friend.closes):
            continue
        latest = friend.closes - friend.minutes
        yield Violation(
            "not_there",
            f"{friend.name} is at {friend.place} from {in_12_hours(friend.opens)} to {in_12_hours(friend.closes)}.",
            location=f"step {moment.number}",
            hint=f"begin at {in_12_hours(friend.opens)} at the earliest and at {in_12_hours(latest)} at the latest."
            if latest >= friend.opens
            else f"{friend.name} is never there for {friend.minutes} minutes.",
        )


@constraint(says="friends are met for as long as one would like to at least")
def long_enough(problem: MeetingProblem, schedule: Schedule) -> Iterator[Violation]:
    """No meeting is shorter than the problem asks for."""
    for moment, step, friend in _meetings(problem, schedule):
        if friend is not None and step.minutes < friend.minutes:
            yield Violation(
                "too_short",
                f"The meeting with {friend.name} takes {step.minutes} minutes.",
                location=f"step {moment.number}",
                expected=f"{friend.minutes} minutes",
            )


@constraint(says="no friend is met twice")
def each_friend_once(problem: MeetingProblem, schedule: Schedule) -> Iterator[Violation]:
    """Each name stands in one meeting at most."""
    met = Counter(step.friend for step in schedule.steps if isinstance(step, Meet))
    for name, times in met.items():
        if times > 1:
            yield Violation("met_twice", f"{name} is met {times} times.", location=name)


@constraint(says="as many friends are met as can be, going straight from one to the next")
def as_many_as_possible(problem: MeetingProblem, schedule: Schedule) -> Iterator[Violation]:
    """No schedule that goes straight from one friend to the next meets more."""
    met = tuple(dict.fromkeys(step.friend for step in schedule.steps if isinstance(step, Meet)))
    most = most_meetings(problem)
    if len(met) < most:
        yield Violation(
            "too_few",
            f"{len(met)} friends are met.",
            expected=f"{most} friends, as many as can be",
            hint=_how_to_go_on(problem, met, most),
        )


def best_day() -> Satisfies[MeetingProblem, Schedule]:
    """The critic: judges whether a day is possible as stated, and meets as many friends as can be.

    **Sound for:** the steps follow each other in place and time, each way takes the minutes that the problem says,
    each friend is met at most once, where they are, while they are there and for long enough, and no schedule that
    goes straight from one friend to the next meets more.

    **Does not check:** whether detours through third places, where they are shorter than the straight way, would let
    one meet more.
    """
    return Satisfies(
        starts_as_given,
        travel_takes_its_time,
        time_goes_forward,
        where_friends_are,
        when_friends_are_there,
        long_enough,
        each_friend_once,
        as_many_as_possible,
        proves="schedule that is possible as stated and meets as many friends as any that goes straight from one to "
        "the next",
    )


class _Moment(NamedTuple):
    """A step, and where and when one is before it, as the steps before it state it."""

    number: int
    step: Start | Travel | Wait | Meet
    place: str
    time: int


def _moments(schedule: Schedule) -> Iterator[_Moment]:
    place, time = "", 0
    for number, step in enumerate(schedule.steps, 1):
        yield _Moment(number, step, place, time)
        match step:
            case Start():
                place, time = step.place, step.at
            case Travel():
                place, time = step.place, step.arrive
            case Wait():
                time = step.until
            case Meet():
                time = step.end


def _meetings(problem: MeetingProblem, schedule: Schedule) -> Iterator[tuple[_Moment, Meet, Friend | None]]:
    for moment in _moments(schedule):
        if isinstance(moment.step, Meet):
            yield moment, moment.step, problem.friend(moment.step.friend)


def _how_to_go_on(problem: MeetingProblem, met: tuple[str, ...], most: int) -> str:
    """The most of these meetings that can be kept, and whom to meet then."""
    for kept in range(len(met), -1, -1):
        count, friend = next_friend(problem, met[:kept])
        if count >= most and friend is not None:
            after = f"after {met[kept - 1]}" if kept else "first"
            return f"meet {friend.name} {after}."
    return "meet others, or in another order."
