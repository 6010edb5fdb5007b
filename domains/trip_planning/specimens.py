"""What the critic of trips is audited on: planted trips, and trips with one fault each."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from modulo.canonical import JsonValue
from modulo.domains.trip_planning.instances import CITIES, generate
from modulo.domains.trip_planning.judging import is_right
from modulo.domains.trip_planning.problem import Appointment, TripProblem, Visit
from modulo.domains.trip_planning.text import trip_text
from modulo.domains.trip_planning.trip import Flight, Stay, Trip, trip_of
from modulo.specimens import Specimen, Specimens, Variant

__all__ = ["TripSpecimens", "document_of"]


def document_of(trip: Trip) -> dict[str, Any]:
    """A trip as the JSON object of a certificate."""
    return {
        "stays": [stay.model_dump() for stay in trip.stays],
        "flights": [flight.model_dump() for flight in trip.flights],
    }


class TripSpecimens(Specimens[TripProblem]):
    """Planted trips to 3 to 10 cities, as texts and as objects."""

    def draw(self, rng: random.Random) -> Specimen[TripProblem]:
        """A problem of the benchmark's shape, with appointments that end before the stay does, too."""
        problem, trip = generate(
            cities=rng.randint(3, 10),
            appointments=rng.uniform(0.2, 0.8),
            density=rng.uniform(0.2, 0.8),
            one_way=rng.uniform(0, 0.5),
            seed=rng.getrandbits(32),
        )
        return Specimen(_with_other_dates(problem, rng), (trip_text(trip), document_of(trip)))

    def damaged(self, specimen: Specimen[TripProblem], rng: random.Random) -> Iterator[Variant]:
        """Trips with one fault each: in their order, days, flights or text; and valid ones but for one constraint."""
        trip = Trip.model_validate(specimen.answers[1])
        faults = [*_other_orders(trip, rng), *_other_days(trip, rng), *_other_flights(trip, rng)]
        faults += [("repeated_instead", faulty) for faulty in _repeating(specimen.problem, trip)]
        for family, faulty in faults:
            as_text = rng.random() < 0.7
            yield Variant(family, trip_text(faulty) if as_text else document_of(faulty))
        for family, text in _other_texts(trip_text(trip), trip, rng):
            yield Variant(family, text)

    def rewritten(self, specimen: Specimen[TripProblem], rng: random.Random) -> Iterator[Variant]:
        """The same trip with other emphasis, dashes, bullets, words and prose."""
        text, trip = str(specimen.answers[0]), Trip.model_validate(specimen.answers[1])
        lines, end = text.splitlines(), trip.stays[-1]
        yield Variant("no_emphasis", text.replace("**", ""))
        yield Variant("no_header", "\n".join(lines[2:]))
        yield Variant("en_dash", text.replace("-", "\u2013"))
        yield Variant("bullets", "\n".join(f"- {line}" for line in lines[2:]))
        yield Variant("numbered", "\n".join(f"{at}. {line}" for at, line in enumerate(lines[2:], 1)))
        yield Variant("no_full_stops", text.replace(".", ""))
        yield Variant("carriage_returns", "\r\n".join(lines) + "\r\n")
        yield Variant("other_words", text.replace("Visit ", "Visiting ").replace("Arriving", "Arrive"))
        yield Variant("event", f"{text}\n**Day {end.last}:** Attend a show in {end.city}.")
        yield Variant("prose_after", f"{text}\n\n**Note:** check the flights before you book. Enjoy!")
        yield Variant("remark", text.replace("days.", "days (be there in time).", 1))
        yield Variant("other_key_order", dict(reversed(document_of(trip).items())))

    def is_right(self, problem: TripProblem, document: JsonValue) -> bool | None:
        """Whether it says what the one calendar of its order of cities says, and nothing else."""
        return is_right(problem, document)


def _with_other_dates(problem: TripProblem, rng: random.Random) -> TripProblem:
    """The problem with some appointments shortened or, for conferences, moved until one day of them is left."""
    visits = tuple(_moved(visit, problem.days, rng) for visit in problem.visits)
    return problem.model_copy(update={"visits": visits})


def _moved(visit: Visit, days: int, rng: random.Random) -> Visit:
    if not visit.appointments or rng.random() < 0.5:
        return visit
    (one,) = visit.appointments
    first = rng.randint(one.first, one.last)
    last = rng.randint(first, one.last)
    if one.kind == "conference":
        first, last = rng.choice([(one.last, min(days, one.last + 2)), (max(1, one.first - 2), one.first)])
    moved = Appointment(kind=one.kind, first=first, last=last)
    return visit.model_copy(update={"appointments": (moved,)})


def _lengths(trip: Trip) -> list[tuple[str, int]]:
    return [(stay.city, stay.days) for stay in trip.stays]


def _other_orders(trip: Trip, rng: random.Random) -> Iterator[tuple[str, Trip]]:
    cities = _lengths(trip)
    at = rng.randrange(len(cities) - 1)
    foreign = rng.choice([city for city in CITIES if city not in dict(cities)])
    yield "swapped_cities", trip_of(*cities[:at], cities[at + 1], cities[at], *cities[at + 2 :])
    yield "swapped_last_cities", trip_of(*cities[:-2], cities[-1], cities[-2])
    yield "shuffled_cities", trip_of(*rng.sample(cities, len(cities)))
    yield "reversed_trip", trip_of(*reversed(cities))
    yield "rotated_trip", trip_of(*cities[1:], cities[0])
    yield "dropped_city", trip_of(*cities[:at], *cities[at + 1 :])
    yield "dropped_last_city", trip_of(*cities[:-1])
    yield "repeated_city", trip_of(*cities, cities[at])
    yield "foreign_city", trip_of(*cities[:at], (foreign, cities[at][1]), *cities[at + 1 :])
    yield "foreign_last_city", trip_of(*cities[:-1], (foreign, cities[-1][1]))
    yield "one_city", trip_of(cities[0])
    yield "nothing", Trip(stays=(), flights=())


def _repeating(problem: TripProblem, trip: Trip) -> Iterator[Trip]:
    """Trips that stay in one city twice instead of in another for as long; nothing else is wrong with them."""
    cities = _lengths(trip)
    for at, (left_out, days) in enumerate(cities):
        for other in cities:
            order = [*cities[:at], other, *cities[at + 1 :]]
            flown = pairwise([city for city, _ in order])
            if other[0] != left_out and other[1] == days and all(pair in problem.flights for pair in flown):
                yield trip_of(*order)
                return


def _other_days(trip: Trip, rng: random.Random) -> Iterator[tuple[str, Trip]]:
    cities = _lengths(trip)
    at, other = rng.sample(range(len(cities)), 2)
    yield "longer_stay", trip_of(*_changed(cities, at, 1))
    yield "shorter_stay", trip_of(*_changed(cities, at, -1))
    yield "longer_last_stay", trip_of(*_changed(cities, len(cities) - 1, 1))
    yield "traded_day", trip_of(*_changed(_changed(cities, at, 1), other, -1))
    yield "late_start", _shifted(trip, 0, 1)
    yield "early_start", _shifted(trip, 0, -1)
    yield "no_shared_day", _shifted(trip, rng.randrange(1, len(cities)), 1)
    yield "overlap", _shifted(trip, rng.randrange(1, len(cities)), -1)
    yield "wrong_day_count", _with_stay(trip, at, days=trip.stays[at].days + rng.choice((-1, 1)))
    yield "wrong_last_day_count", _with_stay(trip, -1, days=trip.stays[-1].days + 1)
    yield "wrong_arrival", _with_stay(trip, at, first=trip.stays[at].first + 1)
    yield "wrong_departure", _with_stay(trip, at, last=trip.stays[at].last - 1)
    yield "wrong_last_departure", _with_stay(trip, -1, last=trip.stays[-1].last + 1)
    yield "backwards", _with_stay(trip, at, first=trip.stays[at].last, last=trip.stays[at].first)


def _changed(cities: Sequence[tuple[str, int]], at: int, by: int) -> list[tuple[str, int]]:
    return [(city, days + by if place == at else days) for place, (city, days) in enumerate(cities)]


def _shifted(trip: Trip, start: int, by: int) -> Trip:
    """The trip with everything from one stay on some days later or earlier, its flight included."""
    moved = [
        stay.model_copy(update={"first": stay.first + by, "last": stay.last + by})
        for stay in trip.stays[start:]
    ]
    first_flight = max(0, start - 1)
    flown = [flight.model_copy(update={"day": flight.day + by}) for flight in trip.flights[first_flight:]]
    return Trip(stays=(*trip.stays[:start], *moved), flights=(*trip.flights[:first_flight], *flown))


def _with_stay(trip: Trip, at: int, **changes: int) -> Trip:
    stays = list(trip.stays)
    stays[at] = stays[at].model_copy(update=changes)
    return Trip(stays=tuple(stays), flights=trip.flights)


def _other_flights(trip: Trip, rng: random.Random) -> Iterator[tuple[str, Trip]]:
    at = rng.randrange(len(trip.flights))
    one, last = trip.flights[at], trip.flights[-1]
    home = Flight(day=trip.stays[-1].last, origin=trip.stays[-1].city, destination=trip.stays[0].city)
    stranger = rng.choice(CITIES)
    yield "missing_flight", _with_flights(trip, at)
    yield "missing_last_flight", _with_flights(trip, len(trip.flights) - 1)
    yield "no_flights", Trip(stays=trip.stays, flights=())
    yield "doubled_flight", _with_flights(trip, at, one, one)
    yield "flight_home", _with_flights(trip, len(trip.flights) - 1, last, home)
    yield "flight_a_day_off", _with_flights(trip, at, one.model_copy(update={"day": one.day + 1}))
    yield "last_flight_a_day_off", _with_flights(trip, -1, last.model_copy(update={"day": last.day - 1}))
    yield "flight_elsewhere", _with_flights(trip, at, one.model_copy(update={"destination": stranger}))
    yield "flight_from_elsewhere", _with_flights(trip, at, one.model_copy(update={"origin": stranger}))
    turned = Flight(day=one.day, origin=one.destination, destination=one.origin)
    yield "reversed_flight", _with_flights(trip, at, turned)


def _with_flights(trip: Trip, at: int, *instead: Flight) -> Trip:
    at %= len(trip.flights)
    return Trip(stays=trip.stays, flights=(*trip.flights[:at], *instead, *trip.flights[at + 1 :]))


def _other_texts(text: str, trip: Trip, rng: random.Random) -> Iterable[tuple[str, str]]:
    stay: Stay = rng.choice(trip.stays[1:])
    other = trip.stays[0].city
    line = f"Visit {stay.city} for {stay.days} days."
    plan = "\n".join(text.splitlines()[2:])
    yield "two_cities_in_a_line", text.replace(line, f"Visit {stay.city} and {other} for {stay.days} days.")
    yield "remark_on_another_city", text.replace(line, f"{line[:-1]} and go on to {other}.")
    yield "number_in_words", text.replace(line, f"Visit {stay.city} for many days.")
    yield "connecting_flight", text.replace(f" to {stay.city}.", f" to {stay.city} (with a connection).")
    yield "no_verb", text.replace(line, f"{stay.city} for {stay.days} days.")
    yield "no_colons", text.replace(":", "")
    yield "plan_twice", f"{text}\n\n{plan}"
    yield "plan_reversed_too", f"{text}\n\n{trip_text(trip_of(*reversed(_lengths(trip))))}"
    yield "further_day", f"{text}\n**Day {trip.stays[-1].last}:** Fly home."
    yield "further_stay", f"{text}\n**Day 1-2:** Visit {other} for 2 days."
