"""Faults that plans of trips invite, one function a kind: each damages a plan in place.

A function says whether it changed anything: a trip without flights has no flight number to get wrong. What happens
to be right all the same is the oracle's to say.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from modulo.domains.travel.damaging import MEALS, Days, Fault, given_entries, replaced
from modulo.domains.travel.problem import Accommodation, TravelProblem
from modulo.domains.travel.transport_faults import (
    changed_flight,
    false_fact,
    mixed_means,
    needless_way,
    no_departure,
    no_return,
    other_date,
    other_flight,
    refused_means,
    reversed_way,
)

__all__ = ["FAULTS"]


def _renamed(*keys: str) -> Fault:
    def damage(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
        changes: list[Callable[[str], str]] = [
            lambda entry: "The " + entry,
            lambda entry: entry[1:],
            lambda entry: entry.replace(",", "s,", 1),
            lambda entry: entry.lower(),
            lambda entry: entry.rpartition(", ")[0],
            lambda entry: entry + " City",
            lambda entry: entry.replace("e", "\N{CYRILLIC SMALL LETTER IE}"),
        ]
        return replaced(days, rng, rng.choice(changes), *keys)

    return damage


def _elsewhere(*keys: str) -> Fault:
    """The entry with a city that the day is not in, or a place that is really there."""

    def damage(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
        day, key = rng.choice(given_entries(days, *keys))
        kinds: Mapping[str, Mapping[str, Any]] = {
            "attraction": problem.attractions,
            "accommodation": problem.accommodations,
        }
        entries = kinds.get(key, problem.restaurants)
        others = [entry for entry in entries if entry.rpartition(", ")[2] not in day["current_city"]]
        city = day[key].rstrip(";").rpartition(", ")[2]
        day[key] = rng.choice(others) if others else day[key].replace(city, problem.origin)
        return True

    return damage


def _emptied(*keys: str) -> Fault:
    def damage(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
        return replaced(days, rng, lambda _: rng.choice(("-", "", " - ")), *keys)

    return damage


def _dropped_day(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    del days[rng.randrange(len(days))]
    if rng.random() < 0.5:
        for number, day in enumerate(days, start=1):
            day["days"] = number
    return True


def _extra_day(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    days.insert(place := rng.randrange(len(days) + 1), dict(days[min(place, len(days) - 1)]))
    for number, day in enumerate(days, start=1):
        day["days"] = number
    return True


def _renumbered(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    rng.choice(days)["days"] += rng.choice((-1, 1))
    return True


def _swapped_days(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    one, other = sorted(rng.sample(range(len(days)), 2))
    days[one], days[other] = {**days[other], "days": one + 1}, {**days[one], "days": other + 1}
    return True


def _teleport(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """A day in another city, without a way there."""
    day = rng.choice([day for day in days if day["transportation"] == "-"])
    others = [city for city in (problem.origin, *problem.cities) if city != day["current_city"]]
    here, there = day["current_city"], rng.choice(others)
    for key, value in day.items():
        if isinstance(value, str) and rng.random() < 0.9:
            day[key] = value.replace(here, there)
    return True


def _day_elsewhere(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """A whole day in another city of the trip, with everything there, but without a way there."""
    stays = [day for day in days if day["transportation"] == "-"]
    if len(stays) < 2:
        return False
    day, other = rng.sample(stays, 2)
    there = other["current_city"]
    taken = {day[key] for day, key in given_entries(days, *MEALS)}
    tables = [entry for entry in problem.restaurants if entry.endswith(f", {there}") and entry not in taken]
    seen = ";".join(day["attraction"] for day in days)
    sights = [entry for entry in problem.attractions if entry.endswith(f", {there}") and entry not in seen]
    if len(tables) < len(MEALS) or not sights:
        return False
    tables.sort(key=lambda entry: problem.restaurants[entry][0].price_cents)
    day.update(zip(MEALS, tables, strict=False))
    day.update(current_city=there, attraction=sights[0], accommodation=other["accommodation"])
    return True


def _other_city(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """One city of the trip is another throughout: one that was visited, the origin, or one that does not exist."""
    here = rng.choice([day for day in days if day["transportation"] == "-"])["current_city"]
    there = rng.choice([city for city in (*problem.cities, problem.origin, "Nowhere") if city != here])
    for day in days:
        day.update({key: value.replace(here, there) for key, value in day.items() if isinstance(value, str)})
    return True


def _restaurant_again(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    meals = given_entries(days, *MEALS)
    place = rng.randrange(1, len(meals)) if rng.random() < 0.5 else len(meals) - 1
    (day, key), (other, other_key) = meals[place], meals[place - 1]
    day[key] = other[other_key].replace(" ", rng.choice((" ", "  ")))
    return True


def _attraction_again(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """An attraction twice, also as the last one without a semicolon, which the benchmark's code never looks at."""
    day, _ = rng.choice(given_entries(days, "attraction"))
    first = day["attraction"].split(";")[0]
    day["attraction"] = day["attraction"].rstrip(";") + ";" + first + rng.choice((";", ""))
    return True


def _housed(choose: Callable[[TravelProblem, Accommodation, int], bool]) -> Fault:
    """Another accommodation for all nights in a city, of those that a condition chooses."""

    def damage(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
        entries = list(dict.fromkeys(day["accommodation"] for day, _ in given_entries(days, "accommodation")))
        entry = entries[-1] if rng.random() < 0.5 else rng.choice(entries)
        nights = [day for day in days if day["accommodation"] == entry]
        others = [
            place
            for place in problem.reference.accommodations
            if entry.endswith(f", {place.city}") and choose(problem, place, len(nights))
        ]
        if not others:
            return False
        place = rng.choice(others)
        for day in nights:
            day["accommodation"] = f"{place.name}, {place.city}"
        return True

    return damage


def _one_night_elsewhere(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """Another accommodation for the last night alone."""
    day = days[-2]
    others = [
        f"{place.name}, {place.city}"
        for place in problem.reference.accommodations
        if day["accommodation"].endswith(f", {place.city}")
    ]
    before = day["accommodation"]
    day["accommodation"] = rng.choice(others)
    return bool(day["accommodation"] != before)


def _lacks_cuisine(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """No restaurant with one of the cuisines, or only one where the trip began."""
    if not problem.constraints.cuisines:
        return False
    cuisine = rng.choice(problem.constraints.cuisines)
    changed = False
    for day, key in given_entries(days, *MEALS):
        for place in problem.restaurants.get(day[key], ()):
            if cuisine in place.cuisines:
                others = list(_without(problem, cuisine, place.city, days))
                day[key] = min(others, key=lambda entry: problem.restaurants[entry][0].price_cents, default="-")
                changed = True
    return changed


def _without(problem: TravelProblem, cuisine: str, city: str, days: Days) -> Iterator[str]:
    taken = {day[key] for day, key in given_entries(days, *MEALS)}
    for place in problem.reference.restaurants:
        entry = f"{place.name}, {place.city}"
        if place.city == city and cuisine not in place.cuisines and entry not in taken:
            yield entry


def _dearer_meal(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """A restaurant that costs at least a little more."""
    day, key = rng.choice(given_entries(days, *MEALS))
    (now,) = problem.restaurants[day[key]]
    dearer = [
        place
        for place in problem.reference.restaurants
        if place.city == now.city and place.price_cents > now.price_cents
    ]
    if not dearer:
        return False
    place = min(dearer, key=lambda place: place.price_cents)
    day[key] = f"{place.name}, {place.city}"
    return True


def _one_more_meal(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    """A meal on a day of travel, which the budget may not have."""
    day, key = days[-1], rng.choice(MEALS)
    city = day["current_city"].removeprefix("from ").partition(" to ")[0]
    free = [entry for entry in _without(problem, "", city, days) if day[key] == "-"]
    day[key] = rng.choice(free) if free else day[key]
    return bool(free)


def _key_gone(problem: TravelProblem, days: Days, rng: random.Random) -> bool:
    day = rng.choice(days)
    del day[rng.choice(list(day))]
    return True


FAULTS: Final[Mapping[str, Fault]] = {
    "renamed_restaurant": _renamed(*MEALS),
    "renamed_attraction": _renamed("attraction"),
    "renamed_accommodation": _renamed("accommodation"),
    "changed_flight": changed_flight,
    "flight_of_another_day": other_date,
    "false_fact": false_fact,
    "dropped_day": _dropped_day,
    "extra_day": _extra_day,
    "renumbered_day": _renumbered,
    "swapped_days": _swapped_days,
    "no_meal": _emptied(*MEALS),
    "no_attraction": _emptied("attraction"),
    "no_transportation": _emptied("transportation"),
    "no_accommodation": _emptied("accommodation"),
    "no_city": _emptied("current_city"),
    "no_key": _key_gone,
    "meal_elsewhere": _elsewhere(*MEALS),
    "attraction_elsewhere": _elsewhere("attraction"),
    "accommodation_elsewhere": _elsewhere("accommodation"),
    "needless_transportation": needless_way,
    "reversed_way": reversed_way,
    "no_return": no_return,
    "no_departure": no_departure,
    "teleport": _teleport,
    "day_elsewhere": _day_elsewhere,
    "other_city": _other_city,
    "restaurant_again": _restaurant_again,
    "attraction_again": _attraction_again,
    "mixed_means": mixed_means,
    "refused_transportation": refused_means,
    "too_few_nights": _housed(lambda problem, place, nights: place.minimum_nights > nights),
    "one_night_elsewhere": _one_night_elsewhere,
    "room_rule": _housed(lambda problem, place, nights: problem.constraints.house_rule in place.forbids),
    "room_type": _housed(lambda problem, place, nights: problem.constraints.room_type is not None),
    "other_room": _housed(lambda problem, place, nights: True),
    "missing_cuisine": _lacks_cuisine,
    "dearer_meal": _dearer_meal,
    "one_more_meal": _one_more_meal,
    "other_flight": other_flight,
}
"""Faults by family."""
