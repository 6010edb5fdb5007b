"""A judge of trips that shares nothing with the critic or its reader; audits and tests compare the two.

The critic looks at an answer rule by rule. The judge takes the order of the cities from it, works out the one
calendar that this order can have, and compares: an answer is right if the calendar is all that it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from modulo.domains.trip_planning.problem import TripProblem

__all__ = ["is_right"]

Line: TypeAlias = tuple[Any, ...]
"""``(city, first, last, days)`` or ``(day, origin, destination)``."""

_STEPS: Final = {"fly", "flying", "flight", "flights", "visit", "visiting"}
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


def is_right(problem: TripProblem, document: object) -> bool:
    """Whether a document is a right answer, be it a text or the object of a certificate."""
    lines = _of_text(document, problem) if isinstance(document, str) else _of_object(document)
    if lines is None:
        return False
    stays = [line for line in lines if len(line) == 4]
    flights = [line for line in lines if len(line) == 3]
    order = [stay[0] for stay in stays]
    if sorted(map(str, order)) != sorted(visit.city for visit in problem.visits):
        return False
    calendar, right_flights = _calendar(problem, order)
    return (
        stays == calendar
        and flights == right_flights
        and calendar[-1][2] == problem.days
        and all(_is_served(problem, origin, destination) for _, origin, destination in flights)
        and all(_is_present(problem, stay) for stay in stays)
    )


def _calendar(problem: TripProblem, order: Sequence[str]) -> tuple[list[Line], list[Line]]:
    lengths = {visit.city: visit.days for visit in problem.visits}
    stays: list[Line] = []
    flights: list[Line] = []
    today, here = 1, None
    for city in order:
        if here is not None:
            flights.append((today, here, city))
        stays.append((city, today, today + lengths[city] - 1, lengths[city]))
        today, here = today + lengths[city] - 1, city
    return stays, flights


def _is_served(problem: TripProblem, origin: str, destination: str) -> bool:
    for one in problem.connections:
        if (one.origin, one.destination) == (origin, destination):
            return True
        if one.both_ways and (one.destination, one.origin) == (origin, destination):
            return True
    return False


def _is_present(problem: TripProblem, stay: Line) -> bool:
    city, first, last, _ = stay
    present = set(range(first, last + 1))
    for visit in problem.visits:
        for one in visit.appointments if visit.city == city else ():
            wanted = set(range(one.first, one.last + 1))
            if one.kind == "conference" and not wanted & present:
                return False
            if one.kind != "conference" and wanted - present:
                return False
    return True


def _of_object(document: object) -> list[Line] | None:
    if not isinstance(document, Mapping) or set(document) != {"stays", "flights"}:
        return None
    forms = (("stays", ("city", "first", "last", "days")), ("flights", ("day", "origin", "destination")))
    found = []
    for name, keys in forms:
        if not isinstance(document[name], list | tuple):
            return None
        for item in document[name]:
            if not isinstance(item, Mapping) or set(item) != set(keys):
                return None
            values = tuple(item[key] for key in keys)
            if any(isinstance(value, bool) or not isinstance(value, str | int | float) for value in values):
                return None
            found.append(values)
    return found


def _of_text(text: str, problem: TripProblem) -> list[Line] | None:
    found: list[Line] = []
    events = []
    for line in text.splitlines():
        plain = "".join(character for character in line if character not in "*_`")
        rest = _after_day(plain.lstrip(" \t>#-+\u2022\u00b7\u2013").lower())
        if rest is None:
            continue
        if (event := _event(plain)) is not None and rest[:1].isspace():
            events.append(event)
            continue
        step = _step(plain, problem) if rest[:1].isspace() else None
        if step is None:
            return None
        found.append(step)
    stays = [line for line in found if len(line) == 4]
    return found if all(any(_is_during(event, stay) for stay in stays) for event in events) else None


def _event(line: str) -> tuple[list[int], str] | None:
    """The days of an event, and the city that is named or nothing; None if the line tells of no event."""
    head, _, body = line.partition(":")
    words = body.lower().rstrip().removesuffix(".").split()
    if not words or words.pop(0) not in ("attend", "attending", "meet", "meeting"):
        return None
    for some in (("a", "an", "the", "your"), ("annual",)):
        if words and words[0] in some:
            words.pop(0)
    if not words or words.pop(0) not in ("friend", "friends", "wedding", "workshop", "conference", "show"):
        return None
    if words and (words.pop(0) not in ("in", "at") or not words):
        return None
    days = _days(head)
    return None if days is None else (days, " ".join(words))


def _is_during(event: tuple[list[int], str], stay: Line) -> bool:
    days, city = event
    wanted = range(days[0], days[-1] + 1)
    return city in ("", stay[0].lower()) and bool(wanted) and set(wanted) <= set(range(stay[1], stay[2] + 1))


def _after_day(line: str) -> str | None:
    """What follows the word day where a line tells of one: a number."""
    number, mark, numbered = line.partition("." if "." in line.split(" ")[0] else ")")
    if mark and number.isdigit() and len(number) <= 3:
        line = numbered.lstrip()
    for word in ("days", "day"):
        rest = line.removeprefix(word)
        if rest != line and rest.lstrip()[:1] in tuple("0123456789"):
            return rest
    return None


def _step(line: str, problem: TripProblem) -> Line | None:
    head, colon, body = line.partition(":")
    days = _days(head)
    words = body.split()
    if not colon or days is None or not words:
        return None
    if words[0].lower() in ("fly", "flying", "take"):
        return _flight(days, " ".join(words))
    return _stay(days, words, problem)


def _days(head: str) -> list[int] | None:
    for dash in _DASHES:
        head = head.replace(dash, "-")
    words = head.lower().lstrip(" \t>#-+\u2022\u00b7").replace("through", "-").replace("to", "-")
    start = words.index("day")
    parts = [part.strip() for part in words[start:].split("-")]
    first, others = parts[0].removeprefix("days").removeprefix("day"), parts[1:]
    numbers = [first.strip(), *(other.removeprefix("day ").strip() for other in others)]
    if not 1 <= len(numbers) <= 2 or not all(n.isascii() and n.isdigit() and len(n) <= 4 for n in numbers):
        return None
    return [int(number) for number in numbers]


def _flight(days: list[int], body: str) -> Line | None:
    lowered = body.lower()
    for start in ("fly from ", "flying from ", "take a flight from ", "take a direct flight from "):
        if lowered.startswith(start) and len(days) == 1:
            said = _without_full_stop(body[len(start) :])
            for remark in ("(direct)", "(direct flight)", "(a direct flight)", "(a direct)"):
                if said.lower().endswith(remark):
                    said = said[: -len(remark)].rstrip()
            words = said.split(" ")
            joint = [at for at, word in enumerate(words) if word.lower() == "to"]
            return (days[0], " ".join(words[: joint[0]]), " ".join(words[joint[0] + 1 :])) if joint else None
    return None


def _without_full_stop(text: str) -> str:
    return text.rstrip().removesuffix(".").rstrip()


def _stay(days: list[int], words: list[str], problem: TripProblem) -> Line | None:
    lowered = [word.lower() for word in words]
    at = next((at for at, word in enumerate(lowered) if word in ("visit", "visiting")), None)
    if at is None or "for" not in lowered[at:]:
        return None
    until = lowered.index("for", at)
    before, city, after = words[:at], " ".join(words[at + 1 : until]), words[until + 3 :]
    number, unit = [*lowered[until + 1 : until + 3], "", ""][:2]
    stop = unit[len(unit.rstrip(".,(")) :]
    if not (number.isascii() and number.isdigit() and unit.removesuffix(stop) in ("day", "days")):
        return None
    said = " ".join([*before, *after]).lower()
    remarks = "".join(character if character.isalnum() else " " for character in said).split()
    others = [other.city.lower().split() for other in problem.visits if other.city.lower() != city.lower()]
    if any(_is_within(name, remarks) for name in others) or _STEPS.intersection(remarks):
        return None
    is_form = _is_before(before) and _is_after(f"{stop} {' '.join(after)}".strip())
    return (city, days[0], days[-1], int(number)) if is_form else None


def _is_within(name: list[str], words: list[str]) -> bool:
    return any(words[at : at + len(name)] == name for at in range(len(words)))


def _is_before(words: list[str]) -> bool:
    letters = "".join(words).translate(str.maketrans("", "", ",'\u2019"))
    plain = not letters or letters.isalnum()
    return not words or (plain and len(words) > 1 and words[-1].lower() in ("and", "to"))


def _is_after(text: str) -> bool:
    """Whether a remark is a clause, a bracket, and further sentences, each if any."""
    clause, _, sentences = text.partition(".")
    if "(" in text:
        clause, _, rest = text.partition("(")
        _, closed, rest = rest.partition(")")
        if not closed or "(" in text.partition("(")[2].partition(")")[0]:
            return False
        left, _, sentences = rest.partition(".")
        if left.strip():
            return False
    if sentences.strip() and not (sentences[0].isspace() and "A" <= sentences.strip()[0] <= "Z"):
        return False
    words = clause.replace(",", " ", 1).split() if clause.startswith(",") else clause.split()
    is_clause = len(words) > 1 and words[0].lower() in ("and", "to", "with", "while")
    return (
        clause.strip() != ","
        and not any(mark in sentences for mark in "()")
        and (not words or (is_clause and not any(mark in clause for mark in "():;.!?")))
    )
