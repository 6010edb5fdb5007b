"""What the critic of days is audited on, with an oracle that tries all orders and replays sentence by sentence."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations
from typing import Final

from modulo.canonical import JsonValue
from modulo.domains.meeting_planning.instances import NAMES, PLACES, random_ways
from modulo.domains.meeting_planning.problem import Friend, MeetingProblem
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["MeetingSpecimens"]

_CLOCK: Final = r"(\d\d?):(\d\d)(?: ?([AP])M)?"
_SENTENCES: Final = {
    "start": re.compile(rf"You start at (.+) at {_CLOCK}", re.ASCII),
    "travel": re.compile(rf"You travel to (.+) in (\d{{1,4}}) minutes? and arrive at {_CLOCK}", re.ASCII),
    "wait": re.compile(rf"You wait until {_CLOCK}", re.ASCII),
    "meet": re.compile(rf"You meet (.+) for (\d{{1,4}}) minutes? from {_CLOCK} to {_CLOCK}", re.ASCII),
}
_LAST_TIME: Final = re.compile(_CLOCK)
_TIMES: Final = {"start": 1, "travel": 1, "wait": 1, "meet": 2}


class MeetingSpecimens(Specimens[MeetingProblem]):
    """Small problems of the benchmark's shape, solved by trying all orders."""

    def draw(self, rng: random.Random) -> Specimen[MeetingProblem]:
        """Up to five friends, not all of whom need be met, and the best schedule of all orders."""
        count = rng.randint(1, 5)
        place, *places = rng.sample(PLACES, count + 1)
        names = rng.sample(NAMES, count)
        friends = tuple(_friend(rng, name, there) for name, there in zip(names, places, strict=True))
        problem = MeetingProblem(
            place=place, arrives=540, friends=friends, ways=random_ways(rng, (place, *places))
        )
        return Specimen(problem, (_text(_sentences(problem, _best_order(problem))),))

    def damaged(self, specimen: Specimen[MeetingProblem], rng: random.Random) -> Iterable[Variant]:
        """A sentence left out or twice, a number or time one off, other places and friends, fewer meetings."""
        problem, sentences = specimen.problem, _split(str(specimen.answers[0]))
        order = _best_order(problem)
        if order:
            fewer = order[:-1]
            yield Variant("fewer_meetings", _text(_sentences(problem, fewer)))
            yield Variant("fewer_meetings_first", _text(_sentences(problem, order[1:])))
            last, end = order[-1], _minute(*_LAST_TIME.findall(sentences[-1])[-1])
            again = f"from {_in_12(end)} to {_in_12(end + last.minutes)}"
            yield Variant(
                "met_again", _text([*sentences, f"You meet {last.name} for {last.minutes} minutes {again}"])
            )
            short = f"from {_in_12(end - last.minutes)} to {_in_12(end - 1)}"
            too_short = f"You meet {last.name} for {last.minutes - 1} minutes {short}"
            yield Variant("minute_short", _text([*sentences[:-1], too_short]))
        for number, sentence in enumerate(sentences):
            yield Variant("dropped", _text([*sentences[:number], *sentences[number + 1 :]]))
            yield Variant("twice", _text([*sentences[: number + 1], *sentences[number:]]))
            for family, other in _one_off(problem, sentence, rng):
                yield Variant(family, _text([*sentences[:number], other, *sentences[number + 1 :]]))
        yield Variant("added", _text([*sentences, "You meet everybody"]))
        yield Variant("prose", f"{specimen.answers[0]} That is the best plan.")

    def rewritten(self, specimen: Specimen[MeetingProblem], rng: random.Random) -> Iterable[Variant]:
        """Without the heading, in lines, as a list, with spaces before AM and PM, in 24 hours."""
        sentences = _split(str(specimen.answers[0]))
        yield Variant("bare", _text(sentences).removeprefix("SOLUTION:"))
        yield Variant("lines", "SOLUTION:\n" + "\n".join(f"{sentence}." for sentence in sentences) + "\n")
        yield Variant("bullets", "\n".join(f"{i}. {sentence}." for i, sentence in enumerate(sentences, 1)))
        yield Variant("list", [f"{sentence}." for sentence in sentences])
        yield Variant("no_last_stop", _text(sentences)[:-1])
        yield Variant("spaced", re.sub("([AP]M)", r" \1", _text(sentences)))
        yield Variant(
            "24_hours", re.sub(_CLOCK, lambda found: _in_24(_minute(*found.groups())), _text(sentences))
        )

    def is_right(self, problem: MeetingProblem, document: JsonValue) -> bool | None:
        """Whether the sentences can be followed one by one, and as many are met as in the best of all orders."""
        if isinstance(document, dict):  # as solutions stand in certificates
            document = _spelled_out(document)
        if not isinstance(document, str):
            return None
        steps = [_read(sentence) for sentence in _split(document)]
        if None in steps or not steps:
            return None
        met = _followed(problem, [step for step in steps if step is not None])
        return met is not None and met >= len(_best_order(problem))


def _friend(rng: random.Random, name: str, place: str) -> Friend:
    opens = rng.randrange(420, 900, 15)
    closes = opens + rng.randrange(30, 300, 15)
    return Friend(name=name, place=place, opens=opens, closes=closes, minutes=rng.randrange(15, 121, 15))


def _best_order(problem: MeetingProblem) -> list[Friend]:
    """The first of the longest orders in which friends can be met, all orders tried."""
    for count in range(len(problem.friends), 0, -1):
        for order in permutations(problem.friends, count):
            if _is_possible(problem, order):
                return list(order)
    return []


def _is_possible(problem: MeetingProblem, order: Iterable[Friend]) -> bool:
    place, time = problem.place, problem.arrives
    for friend in order:
        time = max(time + _minutes_between(problem, place, friend.place), friend.opens) + friend.minutes
        place = friend.place
        if time > friend.closes:
            return False
    return True


def _minutes_between(problem: MeetingProblem, origin: str, destination: str) -> int:
    (minutes,) = [w.minutes for w in problem.ways if (w.origin, w.destination) == (origin, destination)]
    return minutes


def _sentences(problem: MeetingProblem, order: Iterable[Friend]) -> list[str]:
    place, time = problem.place, problem.arrives
    found = [f"You start at {place} at {_in_12(time)}"]
    for friend in order:
        minutes = _minutes_between(problem, place, friend.place)
        place, time = friend.place, time + minutes
        found.append(f"You travel to {place} in {minutes} minutes and arrive at {_in_12(time)}")
        if time < friend.opens:
            time = friend.opens
            found.append(f"You wait until {_in_12(time)}")
        start, time = time, time + friend.minutes
        found.append(
            f"You meet {friend.name} for {friend.minutes} minutes from {_in_12(start)} to {_in_12(time)}"
        )
    return found


def _one_off(problem: MeetingProblem, sentence: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    numbers = list(re.finditer(r"\d+", sentence))
    for family, change in (("number_up", 1), ("number_down", -1)):
        found = rng.choice(numbers)
        other = f"{int(found[0]) + change:0{len(found[0])}}"
        yield family, sentence[: found.start()] + other + sentence[found.end() :]
    yield "other_half", sentence.translate(str.maketrans("AP", "PA")) if "AM" in sentence else sentence
    yield "other_place", re.sub("(at|to) [A-Z][^.]*?(?= (?:at|in) )", rf"\1 {rng.choice(PLACES)}", sentence)
    yield "other_friend", re.sub("meet [A-Z]\\w*", f"meet {rng.choice(NAMES)}", sentence)


def _spelled_out(document: Mapping[str, JsonValue]) -> str | None:
    """The sentences of a solution; None if it is none."""
    forms = {
        "start": "You start at {place} at {at}",
        "travel": "You travel to {place} in {minutes} minutes and arrive at {arrive}",
        "wait": "You wait until {until}",
        "meet": "You meet {friend} for {minutes} minutes from {start} to {end}",
    }
    steps = document.get("steps")
    if len(document) != 1 or not isinstance(steps, list):
        return None
    try:
        return _text(forms[step["kind"]].format(**step) for step in steps)
    except (KeyError, TypeError):
        return None


def _text(sentences: Iterable[str]) -> str:
    return "SOLUTION:" + " ".join(f"{sentence}." for sentence in sentences)


def _split(text: str) -> list[str]:
    """Sentences without their full stops."""
    parts = [part.strip() for part in " ".join(text.split()).removeprefix("SOLUTION:").split(".")]
    return parts[:-1] if parts[-1] == "" else parts


def _read(sentence: str) -> tuple[str, list[str | int]] | None:
    for kind, pattern in _SENTENCES.items():
        found = pattern.fullmatch(sentence)
        if found is None:
            continue
        groups = list(found.groups())
        times: list[str | int] = []
        for _ in range(_TIMES[kind]):
            times.insert(0, _minute(*groups[-3:]))
            del groups[-3:]
        return None if -1 in times else (kind, [*groups, *times])
    return None


def _followed(problem: MeetingProblem, steps: list[tuple[str, list[str | int]]]) -> int | None:
    """How many friends are met; None if some step cannot be taken."""
    if steps[0] != ("start", [problem.place, problem.arrives]):
        return None
    place, time, met = problem.place, problem.arrives, set[str]()
    known = {(way.origin, way.destination): way.minutes for way in problem.ways}
    for kind, values in steps[1:]:
        match kind, values:
            case "travel", [str(there), str(minutes), int(arrive)]:
                if known.get((place, there)) != int(minutes) or arrive != time + int(minutes):
                    return None
                place, time = there, arrive
            case "wait", [int(until)] if until >= time:
                time = until
            case "meet", [str(name), str(minutes), int(start), int(end)] if start >= time:
                one = next((friend for friend in problem.friends if friend.name == name), None)
                if one is None or name in met or one.place != place or end - start != int(minutes):
                    return None
                if start < one.opens or end > one.closes or int(minutes) < one.minutes:
                    return None
                met.add(name)
                time = end
            case _:
                return None
    return len(met)


def _in_12(minute: int) -> str:
    hour, rest = divmod(minute, 60)
    return f"{(hour + 11) % 12 + 1}:{rest:02d}{'AM' if hour % 24 < 12 else 'PM'}"


def _in_24(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _minute(hour: str, minute: str, half: str | None) -> int:
    """Minutes since midnight; -1 for what is no time. Without AM or PM, the hours are 24."""
    if half is None:
        return int(hour) * 60 + int(minute) if int(hour) <= 23 and int(minute) <= 59 else -1
    if not 1 <= int(hour) <= 12 or int(minute) > 59:
        return -1
    return int(hour) % 12 * 60 + int(minute) + (720 if half == "P" else 0)
