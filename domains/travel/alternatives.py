"""What the database has instead, for hints."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from modulo.domains.travel.plan import Plan
from modulo.domains.travel.problem import (
    Accommodation,
    Flight,
    Restaurant,
    TravelProblem,
    dollars,
    entry_of,
)
from modulo.domains.travel.reading import cities_of

__all__ = [
    "accommodation_hint",
    "attraction_hint",
    "fits",
    "has_room_type",
    "lodging_cents",
    "offer",
    "restaurant_hint",
    "suitable",
    "transportation_hint",
]

_SHOWN: Final = 3


def offer(
    problem: TravelProblem, plan: Plan, number: int, what: str, taken: Collection[str] = ()
) -> str | None:
    """What could stand in a field of a day; None if nothing could, or its cities cannot be read.

    Args:
        problem: The problem.
        plan: The plan.
        number: The day.
        what: The field.
        taken: Restaurants and attractions not to name.
    """
    cities = cities_of(problem, plan[number - 1])
    if cities is None or (what == "transportation" and len(cities) == 1):
        return None
    if what == "transportation":
        date = problem.dates[number - 1] if number <= problem.days else None
        return transportation_hint(problem, cities[0], cities[-1], date)
    if what == "accommodation":
        ends = [(cities_of(problem, day) or ("",))[-1] for day in plan]
        return accommodation_hint(problem, cities[-1], ends.count(cities[-1]))
    there = next((city for city in reversed(cities) if city in problem.cities), cities[-1])
    return (attraction_hint if what == "attraction" else restaurant_hint)(problem, there, taken)


def fits(problem: TravelProblem, place: Accommodation) -> bool:
    """Whether an accommodation is of the room type, and allows what the travellers ask for."""
    return has_room_type(problem, place) and problem.constraints.house_rule not in place.forbids


def has_room_type(problem: TravelProblem, place: Accommodation) -> bool:
    """Whether an accommodation is of the room type that is asked for, if any."""
    match problem.constraints.room_type:
        case None:
            return True
        case "shared room":
            return place.room_type == "Shared room"
        case "not shared room":
            return place.room_type != "Shared room"
        case "private room":
            return place.room_type == "Private room"
        case "entire room":
            return place.room_type == "Entire home/apt"


def lodging_cents(problem: TravelProblem, place: Accommodation) -> int:
    """What one night costs all travellers: as many rooms as they need."""
    return place.price_cents * -(-problem.people // place.maximum_occupancy)


def suitable(problem: TravelProblem, city: str, nights: int) -> list[Accommodation]:
    """Accommodations in a city that fit and can be had for so few nights, cheapest first."""
    there = [
        place
        for place in problem.reference.accommodations
        if place.city == city and place.minimum_nights <= nights and fits(problem, place)
    ]
    return sorted(there, key=lambda place: lodging_cents(problem, place))


def accommodation_hint(problem: TravelProblem, city: str, nights: int) -> str | None:
    """Where to sleep instead."""
    places = suitable(problem, city, nights)
    night = "night" if nights == 1 else "nights"
    return _hint(
        f"for {nights} {night} in {city[:80]}",
        (f"'{entry_of(place)}' ({dollars(lodging_cents(problem, place))} a night)" for place in places),
    )


def restaurant_hint(problem: TravelProblem, city: str, taken: Collection[str], cuisine: str = "") -> str | None:
    """Where to eat instead, cheapest first."""
    there = [place for place in problem.reference.restaurants if _is_free(place, city, taken, cuisine)]
    there.sort(key=lambda place: place.price_cents)
    what = f"{cuisine[:80]} food" if cuisine else "meals"
    return _hint(
        f"for {what} in {city[:80]}", (f"'{entry_of(place)}' ({dollars(place.price_cents)})" for place in there)
    )


def _is_free(place: Restaurant, city: str, taken: Collection[str], cuisine: str) -> bool:
    return place.city == city and entry_of(place) not in taken and (not cuisine or cuisine in place.cuisines)


def attraction_hint(problem: TravelProblem, city: str, taken: Collection[str]) -> str | None:
    """What to see instead."""
    there = [entry_of(place) for place in problem.reference.attractions if place.city == city]
    return _hint(f"to see in {city[:80]}", (f"'{entry}'" for entry in there if entry not in taken))


def transportation_hint(
    problem: TravelProblem, origin: str, destination: str, date: str | None, without: Collection[str] = ()
) -> str | None:
    """How to get from one city to another on a day, cheapest first.

    Args:
        problem: The problem.
        origin: From where.
        destination: To where.
        date: When.
        without: Means not to name: ``Flight``, ``Self-driving``, ``Taxi``.
    """
    refused = {*without, "Flight" if problem.constraints.transportation == "no flight" else ""}
    refused.add("Self-driving" if problem.constraints.transportation == "no self-driving" else "")
    found: list[tuple[int, str]] = []
    if "Flight" not in refused:
        found += [
            (flight.price_cents * problem.people, written(flight))
            for flight in _flights(problem, origin, destination, date)
        ]
    for road in problem.roads.get((origin, destination), ()):
        if "Self-driving" not in refused:
            found.append(
                (
                    road.self_driving_cents * -(-problem.people // 5),
                    f"Self-driving, from {origin} to {destination}",
                )
            )
        if "Taxi" not in refused:
            found.append((road.taxi_cents * -(-problem.people // 4), f"Taxi, from {origin} to {destination}"))
    return _hint(
        f"from {origin[:80]} to {destination[:80]} on {date}",
        (f"'{entry}' ({dollars(cents)})" for cents, entry in sorted(found)),
    )


def written(flight: Flight) -> str:
    """A flight as a plan writes it."""
    return (
        f"Flight Number: {flight.number}, from {flight.origin} to {flight.destination}, "
        f"Departure Time: {flight.departure}, Arrival Time: {flight.arrival}"
    )


def _flights(problem: TravelProblem, origin: str, destination: str, date: str | None) -> Iterable[Flight]:
    for flight in problem.reference.flights:
        if (flight.origin, flight.destination, flight.date) == (origin, destination, date):
            yield flight


def _hint(purpose: str, options: Iterable[str]) -> str | None:
    first = [option for option, _ in zip(options, range(_SHOWN), strict=False)]
    return f"{purpose} there is {', or '.join(first)}." if first else f"{purpose} there is nothing else."
