"""What the thirteen critics are audited on: planted plans, and faults aimed at each constraint."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias, get_args

from modulo.canonical import JsonValue, codec_for, parse_json
from modulo.domains.travel import faults
from modulo.domains.travel.instances import Level, generate
from modulo.domains.travel.oracle import is_right
from modulo.domains.travel.plan import Plan
from modulo.domains.travel.problem import TravelProblem
from modulo.errors import ProblemError
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["TravelSpecimens"]

Days: TypeAlias = list[dict[str, Any]]


class TravelSpecimens(Specimens[TravelProblem]):
    """Generated trips of every length and level, with their planted plans."""

    def draw(self, rng: random.Random) -> Specimen[TravelProblem]:
        """A trip and the plan that was planted in it."""
        problem, plan = generate(
            days=rng.choice((3, 5, 7)),
            people=rng.randrange(1, 9),
            level=rng.choice(get_args(Level)),
            seed=rng.getrandbits(48),
        )
        return Specimen(problem=problem, answers=({"plan": parse_json(codec_for(Plan).encode(plan))},))

    def damaged(self, specimen: Specimen[TravelProblem], rng: random.Random) -> Iterable[Variant]:
        """Each fault of ``faults.FAULTS`` once, where the plan has what it needs."""
        for family, damage in faults.FAULTS.items():
            days = _days_of(specimen)
            if damage(specimen.problem, days, rng):
                yield Variant(family, {"plan": days})

    def rewritten(self, specimen: Specimen[TravelProblem], rng: random.Random) -> Iterable[Variant]:
        """As a bare list, as text, with ``day``, with empty days behind, with other spaces and semicolons."""
        days = _days_of(specimen)
        yield Variant("bare_list", days)
        yield Variant("text", json.dumps({"plan": days}, indent=rng.choice((None, 2)), ensure_ascii=False))
        yield Variant("keys_in_other_order", [_shuffled(day, rng) for day in days])
        yield Variant("day_for_days", [{"day": day["days"], **_without(day, "days")} for day in days])
        yield Variant("empty_days_behind", [*days, {}, {}])
        yield Variant("other_spaces", [_respaced(day, rng) for day in days])
        yield Variant(
            "no_last_semicolon", [{**day, "attraction": day["attraction"].rstrip(";")} for day in days]
        )
        yield Variant("facts_of_roads", list(_with_facts(specimen.problem, days)))

    def is_right(self, problem: TravelProblem, document: JsonValue) -> bool | None:
        """What ``oracle.is_right`` says of the list of days in a document."""
        if isinstance(document, str):
            try:
                document = parse_json(document)
            except ProblemError:
                return False
        if isinstance(document, dict) and set(document) - {"idx", "query", "plan"}:
            return False
        days: Any = document.get("plan") if isinstance(document, dict) else document
        if not isinstance(days, (list, tuple)):
            return False
        days = list(days)
        while days and days[-1] == {}:
            del days[-1]
        return is_right(parse_json(codec_for(TravelProblem).encode(problem)), [_with_days(day) for day in days])


def _days_of(specimen: Specimen[TravelProblem]) -> Days:
    answer: Any = specimen.answers[0]
    return [dict(day) for day in answer["plan"]]


def _with_days(day: object) -> object:
    if isinstance(day, dict) and "day" in day and "days" not in day:
        return {"days": day["day"], **_without(day, "day")}
    return day


def _without(day: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in day.items() if name != key}


def _shuffled(day: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    return dict(rng.sample(list(day.items()), len(day)))


def _respaced(day: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    space = rng.choice(("  ", "\t", "\n"))
    return {key: value.replace(" ", space) if isinstance(value, str) else value for key, value in day.items()}


def _with_facts(problem: TravelProblem, days: Days) -> Iterator[dict[str, Any]]:
    for day in days:
        means = day["transportation"]
        if means.startswith(("Self-driving", "Taxi")):
            origin, destination = day["current_city"].removeprefix("from ").split(" to ")
            (road,) = problem.roads[origin, destination]
            hours, minutes = divmod(road.minutes, 60)
            means += f", duration: {hours} hours {minutes} mins, distance: {road.meters / 1000:g} km"
        yield {**day, "transportation": means}
