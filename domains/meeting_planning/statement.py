"""Statements in the benchmark's words, read strictly and written."""

from __future__ import annotations

import re
from typing import Final

from pydantic import ValidationError

from modulo.domains.meeting_planning.problem import Friend, MeetingProblem, Way
from modulo.domains.natural_plan import Scanner, in_12_hours, read_12_hours
from modulo.errors import ProblemError

__all__ = ["read_statement", "write_statement"]

_TIME: Final = r"[0-9]{1,2}:[0-9]{2} ?[AP]M"
_WORDS: Final = r"[^.:]{1,60}?"
_GOAL: Final = re.compile(
    r"You are visiting [^.:]{1,60} for the day and want to meet as many friends as possible\."
    r"(?: Solve the problem by considering various different schedules and picking the best one "
    r"to optimize your goals\.)?"
)
_WAYS: Final = re.compile(r"Travel distances \(in minutes\):")
_WAY: Final = re.compile(rf"(?P<origin>{_WORDS}) to (?P<destination>{_WORDS}): (?P<minutes>[0-9]{{1,4}})\.")
_CONSTRAINTS: Final = re.compile(r"CONSTRAINTS:")
_ARRIVAL: Final = re.compile(rf"You arrive at (?P<place>{_WORDS}) at (?P<time>{_TIME})\.")
_FRIEND: Final = re.compile(
    rf"(?P<name>[^\s.:]{{1,60}}) will be at (?P<place>{_WORDS}) from (?P<opens>{_TIME}) to (?P<closes>{_TIME})\."
)
_MINIMUM: Final = re.compile(
    r"You'd like to meet (?P<name>[^\s.:]{1,60}) for a minimum of (?P<minutes>[0-9]{1,4}) minutes\."
)
_RESPONSE: Final = re.compile(
    r"Your response should start with 'SOLUTION:'(?:, and follow the same solution format as shown above)?\."
)
_SOLUTION: Final = re.compile(r"SOLUTION:")


def read_statement(text: str) -> MeetingProblem:
    """The problem in a statement of the benchmark.

    Raises:
        ProblemError: Something in it is not understood, or makes no sense.
    """
    try:
        return _read(Scanner(text))
    except ValidationError as error:
        raise ProblemError(f"the statement makes no sense: {error.errors()[0]['msg']}") from error


def write_statement(problem: MeetingProblem) -> str:
    """A statement in the benchmark's words that ``read_statement`` reads back to the same problem."""
    ways = "".join(f"{way.origin} to {way.destination}: {way.minutes}.\n" for way in problem.ways)
    friends = " ".join(_sentences(friend) for friend in problem.friends)
    return (
        "You are visiting San Francisco for the day and want to meet as many friends as possible. Solve the problem "
        "by considering various different schedules and picking the best one to optimize your goals.\n\n"
        f"Travel distances (in minutes):\n{ways}\n"
        f"CONSTRAINTS: You arrive at {problem.place} at {in_12_hours(problem.arrives)}. {friends}"
    )


def _read(scanner: Scanner) -> MeetingProblem:
    scanner.expect(_GOAL, "'You are visiting ... and want to meet as many friends as possible.'")
    scanner.expect(_WAYS, "'Travel distances (in minutes):'")
    ways = _read_ways(scanner)
    arrival = scanner.expect(_ARRIVAL, "'You arrive at PLACE at TIME.'")
    friends = _read_friends(scanner)
    if scanner.take(_RESPONSE) is None:
        scanner.take(_SOLUTION)
    scanner.end("its end")
    return MeetingProblem(
        place=arrival["place"], arrives=_time(arrival["time"]), friends=tuple(friends), ways=tuple(ways)
    )


def _read_ways(scanner: Scanner) -> list[Way]:
    """Up to the constraints."""
    ways: list[Way] = []
    while scanner.take(_CONSTRAINTS) is None:
        way = scanner.expect(_WAY, "a way such as 'Bayview to Nob Hill: 20.', or 'CONSTRAINTS:'")
        ways.append(Way(origin=way["origin"], destination=way["destination"], minutes=int(way["minutes"])))
    return ways


def _read_friends(scanner: Scanner) -> list[Friend]:
    """Two sentences for each."""
    friends: list[Friend] = []
    while found := scanner.take(_FRIEND):
        minimum = scanner.expect(_MINIMUM, f"for how long to meet {found['name']}")
        if minimum["name"] != found["name"]:
            raise ProblemError(f"the statement tells of meeting {minimum['name']} before saying where they are")
        friends.append(
            Friend(
                name=found["name"],
                place=found["place"],
                opens=_time(found["opens"]),
                closes=_time(found["closes"]),
                minutes=int(minimum["minutes"]),
            )
        )
    return friends


def _time(text: str) -> int:
    try:
        return read_12_hours(text)
    except ValueError as error:
        raise ProblemError(f"the statement makes no sense: {error}") from error


def _sentences(friend: Friend) -> str:
    return (
        f"{friend.name} will be at {friend.place} from {in_12_hours(friend.opens)} to {in_12_hours(friend.closes)}. "
        f"You'd like to meet {friend.name} for a minimum of {friend.minutes} minutes."
    )
