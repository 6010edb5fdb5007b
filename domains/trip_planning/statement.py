"""Problems in the benchmark's own sentences, read and written.

Everything that stands there is read: a sentence of another form is an error, since a constraint that is passed over
would let wrong answers through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from modulo.domains.trip_planning.problem import (
    NAME,
    Appointment,
    AppointmentKind,
    Connection,
    TripProblem,
    Visit,
    Wording,
)
from modulo.errors import ProblemError

__all__ = ["read_prompt", "read_statement", "statement"]

_MAX_CHARACTERS: Final = 100_000
_N: Final = r"[0-9]{1,4}"
_CITY: Final = rf"(?P<city>{NAME})"

_INTRODUCTION: Final = re.compile(
    r"\s*You are an expert at planning trips\. You are given a few constraints regarding the cities to visit and the "
    r"durations of staying at each city\. You are also given the flight information between the cities\."
)
_HEAD: Final = re.compile(
    rf"You plan to visit (?P<cities>{_N}) European cities for (?P<days>{_N}) days in total\. "
    r"You only take direct flights to commute between cities\. "
)
_FLIGHTS: Final = " Here are the cities that have direct flights: "
_TAIL: Final = re.compile(
    rf"(?P<flights>[^.]*)\. Find a trip plan of visiting the cities for (?P<days>{_N}) days by taking direct "
    r"flights to commute between them\."
)
_PARTS: Final = (
    "'You plan to visit N European cities for N days in total. You only take direct flights to commute between "
    "cities.', how long to stay in which city, 'Here are the cities that have direct flights:', the flights, 'Find a "
    "trip plan of visiting the cities for N days by taking direct flights to commute between them.'"
)

_STAYS: Final[dict[Wording, str]] = {
    "stay": "You plan to stay in {city} for {days} days",
    "spend": "You want to spend {days} days in {city}",
    "visit": "You would like to visit {city} for {days} days",
}
_APPOINTMENTS: Final[dict[AppointmentKind, str]] = {
    "friend": "You want to meet a friend in {city} between day {first} and day {last}",
    "friends": "You would like to meet your friends at {city} between day {first} and day {last} to tour together",
    "relatives": "You plan to visit relatives in {city} between day {first} and day {last}",
    "wedding": "You are going to attend a wedding in {city} between day {first} and day {last}",
    "workshop": "You have to attend a workshop in {city} between day {first} and day {last}",
    "conference": "During day {first} and day {last}, you have to attend a conference in {city}",
    "show": "From day {first} to day {last}, there is a annual show you want to attend in {city}",
}


def _pattern(sentence: str) -> re.Pattern[str]:
    numbers = {name: rf"(?P<{name}>{_N})" for name in ("days", "first", "last")}
    return re.compile(sentence.format(city=_CITY, **numbers))


_STAY_PATTERNS: Final = {wording: _pattern(sentence) for wording, sentence in _STAYS.items()}
_APPOINTMENT_PATTERNS: Final = {kind: _pattern(sentence) for kind, sentence in _APPOINTMENTS.items()}
_ONE_WAY: Final = re.compile(rf"from (?P<origin>{NAME}) to (?P<destination>{NAME})")
_BOTH_WAYS: Final = re.compile(rf"(?P<origin>{NAME}) and (?P<destination>{NAME})")


def statement(problem: TripProblem) -> str:
    """The problem as the benchmark puts it; ``read_statement`` gives back the same problem."""
    wishes = " ".join(f"{sentence}." for visit in problem.visits for sentence in _sentences(visit))
    flights = ", ".join(
        f"{one.origin} and {one.destination}" if one.both_ways else f"from {one.origin} to {one.destination}"
        for one in problem.connections
    )
    return (
        f"You plan to visit {len(problem.visits)} European cities for {problem.days} days in total. "
        f"You only take direct flights to commute between cities. {wishes}\n\n"
        f"Here are the cities that have direct flights:\n{flights}.\n\n"
        f"Find a trip plan of visiting the cities for {problem.days} days by taking direct flights "
        "to commute between them."
    )


def _sentences(visit: Visit) -> Iterator[str]:
    yield _STAYS[visit.wording].format(city=visit.city, days=visit.days)
    for one in visit.appointments:
        yield _APPOINTMENTS[one.kind].format(city=visit.city, first=one.first, last=one.last)


def read_statement(text: str) -> TripProblem:
    """The problem in the benchmark's ``prompt_0shot``. How its words are spaced does not matter.

    Raises:
        ProblemError: A sentence is not one of the benchmark's, or what they say contradicts itself.
    """
    if len(text) > _MAX_CHARACTERS:
        raise ProblemError(f"a statement of more than {_MAX_CHARACTERS:,} characters is not read")
    words = " ".join(text.split())
    head = _HEAD.match(words)
    wishes, _, rest = words[head.end() if head else 0 :].partition(_FLIGHTS)
    tail = _TAIL.fullmatch(rest)
    if head is None or tail is None:
        raise ProblemError(f"the statement is not made of the benchmark's parts, one after the other: {_PARTS}")
    if int(head["days"]) != int(tail["days"]):
        raise ProblemError(f"the statement gives {head['days']} days first, and {tail['days']} days at its end")
    try:
        visits = _visits(wishes)
        connections = tuple(_connection(piece) for piece in tail["flights"].split(", "))
        problem = TripProblem(days=int(head["days"]), visits=visits, connections=connections)
    except ValidationError as error:
        raise ProblemError(f"the statement cannot be: {error.errors()[0]['msg']}") from error
    if len(visits) != int(head["cities"]):
        raise ProblemError(f"the statement announces {head['cities']} cities and gives stays in {len(visits)}")
    return problem


def read_prompt(text: str) -> TripProblem:
    """The problem in a prompt: a statement alone, or the last ``TASK:`` after the benchmark's introduction.

    Raises:
        ProblemError: There is none.
    """
    introduction, mark, task = text.rpartition("TASK:")
    if not mark:
        return read_statement(text)
    if not _INTRODUCTION.match(introduction):
        raise ProblemError("the prompt does not begin with the benchmark's introduction")
    return read_statement(task.strip().removesuffix("SOLUTION:"))


def _visits(text: str) -> tuple[Visit, ...]:
    stays: dict[str, Visit] = {}
    appointments: dict[str, list[Appointment]] = {}
    if not text.endswith("."):
        raise ProblemError(f"a sentence of the statement has no end: {text[-200:]!r}")
    for sentence in text[:-1].split(". "):
        if (visit := _visit(sentence)) is None:
            city, appointment = _appointment(sentence)
            appointments.setdefault(city, []).append(appointment)
        elif visit.city in stays:
            raise ProblemError(f"two sentences say how long to stay in {visit.city}")
        else:
            stays[visit.city] = visit
    if unknown := appointments.keys() - stays.keys():
        raise ProblemError(f"there is an appointment in {min(unknown)}, but no stay")
    return tuple(
        visit.model_copy(update={"appointments": tuple(appointments.get(city, ()))})
        for city, visit in stays.items()
    )


def _visit(sentence: str) -> Visit | None:
    for wording, pattern in _STAY_PATTERNS.items():
        if match := pattern.fullmatch(sentence):
            return Visit(city=match["city"], days=int(match["days"]), wording=wording)
    return None


def _appointment(sentence: str) -> tuple[str, Appointment]:
    for kind, pattern in _APPOINTMENT_PATTERNS.items():
        if match := pattern.fullmatch(sentence):
            return match["city"], Appointment(kind=kind, first=int(match["first"]), last=int(match["last"]))
    raise ProblemError(f"the statement has a sentence that is none of the benchmark's: {sentence[:200]!r}")


def _connection(piece: str) -> Connection:
    if match := _ONE_WAY.fullmatch(piece):
        return Connection(**match.groupdict(), both_ways=False)
    if match := _BOTH_WAYS.fullmatch(piece):
        return Connection(**match.groupdict(), both_ways=True)
    raise ProblemError(f"a flight is neither 'A and B' nor 'from A to B': {piece[:200]!r}")
