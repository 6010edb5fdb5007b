"""What a plan costs, to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modulo.domains.travel.alternatives import lodging_cents
from modulo.domains.travel.plan import Plan, is_given
from modulo.domains.travel.problem import TravelProblem, dollars
from modulo.domains.travel.reading import Way, flights_of, normal, roads_of, ways

__all__ = ["Item", "items"]

_SEATS = {"Self-driving": 5, "Taxi": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to pay for.

    Attributes:
        number: The day.
        what: The field of the plan.
        entry: What the plan says there.
        cents: What it costs all travellers together; None if the reference does not have it.
        sum_in_words: How that comes about.
    """

    number: int
    what: str
    entry: str
    cents: int | None
    sum_in_words: str = ""


def items(problem: TravelProblem, plan: Plan) -> Iterator[Item]:
    """Everything that a plan costs, after the benchmark's ``get_total_cost``.

    A flight or a meal costs its price for everybody; a car of one's own takes five people, a taxi four, a room as
    many as it says, and each is paid for as often as they are needed. Where an entry fits several rows of the
    reference, the dearest one counts: the sum holds whichever was meant.
    """
    for way in ways(problem, plan):
        yield _transportation(problem, way)
    for number, day in enumerate(plan, start=1):
        for what, entry in day.meals().items():
            yield _meal(problem, number, what, normal(problem, entry))
        if is_given(day.accommodation):
            yield _night(problem, number, normal(problem, day.accommodation))


def _transportation(problem: TravelProblem, way: Way) -> Item:
    prices = [(flight.price_cents, problem.people) for flight in flights_of(problem, way)]
    if way.leg is not None and way.leg.kind != "Flight":
        cars = -(-problem.people // _SEATS[way.leg.kind])
        is_taxi = way.leg.kind == "Taxi"
        prices += [
            (road.taxi_cents if is_taxi else road.self_driving_cents, cars) for road in roads_of(problem, way)
        ]
    return _item(way.number, "transportation", way.entry, prices)


def _meal(problem: TravelProblem, number: int, what: str, entry: str) -> Item:
    prices = [(place.price_cents, problem.people) for place in problem.restaurants.get(entry, ())]
    return _item(number, what, entry, prices)


def _night(problem: TravelProblem, number: int, entry: str) -> Item:
    places = problem.accommodations.get(entry, ())
    prices = [
        (place.price_cents, -(-problem.people // place.maximum_occupancy))
        for place in sorted(places, key=lambda place: lodging_cents(problem, place))
    ]
    return _item(number, "accommodation", entry, prices)


def _item(number: int, what: str, entry: str, prices: list[tuple[int, int]]) -> Item:
    if not prices:
        return Item(number=number, what=what, entry=entry, cents=None)
    price, times = max(prices, key=lambda pair: pair[0] * pair[1])
    words = dollars(price) if times == 1 else f"{times} x {dollars(price)}"
    return Item(number=number, what=what, entry=entry, cents=price * times, sum_in_words=words)
