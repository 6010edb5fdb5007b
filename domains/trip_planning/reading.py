"""Trips out of answers in the benchmark's format, line by line.

Lines that begin with a day are read, to the letter but for emphasis, bullets and dashes; one that cannot be read is
an error, and so is one that tells of two cities where it should tell of one. All other lines are prose: they can add
nothing to what the days say, and take nothing away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from modulo.domains.trip_planning.problem import TripProblem
from modulo.domains.trip_planning.trip import MAX_STEPS, Flight, Stay, Trip
from modulo.errors import Malformed

__all__ = ["ANSWER_FORM", "Step", "read_steps", "read_trip", "trip_in"]

Step: TypeAlias = Stay | Flight

ANSWER_FORM: Final = (
    "write one line for each stay, such as '**Day 5-11:** Visit Riga for 7 days.', and between two stays one for the "
    "flight, such as '**Day 5:** Fly from Oslo to Riga.'"
)
"""How an answer should look."""

_MAX_CHARACTERS: Final = 200_000
_MAX_LINE: Final = 600

_N: Final = r"[0-9]{1,4}(?![0-9])"
_IS_DAY_LINE: Final = re.compile(
    r"[\s>#\u2022\u00b7\u2013+-]*(?:[0-9]{1,3}[.)]\s*)?days?\s*[0-9]", re.IGNORECASE
)
_DAY_LINE: Final = re.compile(
    rf"[\s>#\u2022\u00b7\u2013+-]*(?:[0-9]{{1,3}}[.)]\s*)?days?\s+(?P<first>{_N})"
    rf"(?:\s*(?:[-\u2010-\u2015\u2212]|to|through)\s*(?:day\s+)?(?P<last>{_N}))?\s*:\s*(?P<body>.*)",
    re.IGNORECASE,
)
_FLIGHT: Final = re.compile(
    r"(?:take a (?:direct )?flight|fly|flying) from (?P<origin>[^():,;]{1,60}?) to (?P<destination>[^():,;]{1,60}?)"
    r"\s*(?:\((?:a )?direct(?: flight)?\))?\s*\.?\s*",
    re.IGNORECASE,
)
_STAY: Final = re.compile(
    r"(?P<before>[\w ,'\u2019]{1,200} (?:and|to) |)visit(?:ing)? (?P<city>[^():,;.]{1,60}?)"
    rf" for (?P<days>{_N}) days?(?P<after>,? (?:and|to|with|while) [^():;.!?]{{1,300}}|)"
    r"(?P<bracket>\s+\([^()]*\)|)\s*(?:\.(?P<sentence>\s+(?-i:[A-Z])[^()]{0,300}|))?\s*",
    re.IGNORECASE,
)
_EVENT: Final = re.compile(
    r"(?:attend|attending|meet|meeting)(?: a| an| the| your)?(?: annual)? "
    r"(?:friends?|wedding|workshop|conference|show)(?: (?:in|at) (?P<city>[^():,;.]{1,60}))?\.?",
    re.IGNORECASE,
)
_OTHER_STEP: Final = re.compile(r"\b(?:fly|flying|flight|flights|visit|visiting)\b", re.IGNORECASE)
_EMPHASIS: Final = str.maketrans("", "", "*_`")


def read_trip(text: str, problem: TripProblem) -> Trip:
    """The trip that a text tells of, every line that begins with a day being part of it.

    Raises:
        Malformed: There is none, or such a line cannot be read.
    """
    return trip_in(list(read_steps(text, problem)))


def trip_in(steps: list[Step]) -> Trip:
    """The trip of some steps.

    Raises:
        Malformed: There are none, or too many.
    """
    if not steps:
        raise Malformed("The answer holds no trip plan.", code="no_plan", hint=ANSWER_FORM)
    if len(steps) > MAX_STEPS:
        raise Malformed(f"The answer has more than {MAX_STEPS} stays and flights.", hint=ANSWER_FORM)
    return Trip(
        stays=tuple(step for step in steps if isinstance(step, Stay)),
        flights=tuple(step for step in steps if isinstance(step, Flight)),
    )


def read_steps(text: str, problem: TripProblem) -> Iterator[Step]:
    """The stays and flights of a text, as they stand there. Lines about events where one is then are passed over.

    Raises:
        Malformed: A line that begins with a day cannot be read.
    """
    if len(text) > _MAX_CHARACTERS:
        raise Malformed(f"An answer of more than {_MAX_CHARACTERS:,} characters is not read.", hint=ANSWER_FORM)
    stays: list[Stay] = []
    events: list[tuple[re.Match[str], re.Match[str], int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        plain = " ".join(line.translate(_EMPHASIS).split())
        if not _IS_DAY_LINE.match(plain):
            continue
        if (day := _day_line(plain)) and (event := _EVENT.fullmatch(day["body"])):
            events.append((day, event, number))
            continue
        step = _step(plain, problem, number)
        if isinstance(step, Stay):
            stays.append(step)
        yield step
    for day, event, number in events:
        _check_event(day, event, stays[:MAX_STEPS], number)  # answers with more are refused


def _day_line(line: str) -> re.Match[str] | None:
    return _DAY_LINE.fullmatch(line) if len(line) <= _MAX_LINE else None


def _check_event(day: re.Match[str], event: re.Match[str], stays: list[Stay], number: int) -> None:
    """Refuse a line about an event, such as ``Day 6: Attend the show in Riga.``, if no stay there covers its days."""
    first, city = int(day["first"]), event["city"]
    last = first if day["last"] is None else int(day["last"])
    for stay in stays:
        is_there = city is None or stay.city.casefold() == city.casefold()
        if is_there and stay.first <= first <= last <= stay.last:
            return
    raise _unreadable(day.string, number)


def _step(line: str, problem: TripProblem, number: int) -> Step:
    match = _day_line(line)
    if match is None:
        raise _unreadable(line, number)
    first, last, body = int(match["first"]), match["last"], match["body"]
    if flight := _FLIGHT.fullmatch(body):
        if last is not None:
            raise Malformed(
                "A flight takes place on one day.", code="unreadable_line", location=f"line {number}"
            )
        return Flight(day=first, origin=flight["origin"].strip(), destination=flight["destination"].strip())
    stay = _STAY.fullmatch(body)
    if stay is None:
        raise _unreadable(line, number)
    _check_remarks(stay, problem, number)
    city, days = stay["city"].strip(), int(stay["days"])
    return Stay(city=city, first=first, last=first if last is None else int(last), days=days)


def _check_remarks(stay: re.Match[str], problem: TripProblem, number: int) -> None:
    """Refuse what stands around a stay if it tells of more than this stay."""
    remarks = "|".join(stay.group("before", "after", "bracket")) + (stay["sentence"] or "")
    if remarks == "||":
        return
    for city in problem.by_city:
        if city.casefold() != stay["city"].casefold() and re.search(
            rf"\b{re.escape(city)}\b", remarks, re.IGNORECASE
        ):
            raise Malformed(
                f"The line tells of two cities, {stay['city']:.60} and {city}.",
                code="two_cities",
                location=f"line {number}",
                hint=ANSWER_FORM,
            )
    if _OTHER_STEP.search(remarks):
        raise _unreadable(stay.string, number)


def _unreadable(line: str, number: int) -> Malformed:
    return Malformed(
        f"This line cannot be read: {line.strip():.80}",
        code="unreadable_line",
        location=f"line {number}",
        hint=ANSWER_FORM,
    )
