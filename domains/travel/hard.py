"""The benchmark's five hard constraints, each a critic: what these travellers ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import modulo
from modulo.critique import Critique, Violation
from modulo.domains.travel.alternatives import (
    accommodation_hint,
    has_room_type,
    lodging_cents,
    restaurant_hint,
    suitable,
    transportation_hint,
)
from modulo.domains.travel.cost import Item, items
from modulo.domains.travel.plan import Plan
from modulo.domains.travel.problem import Accommodation, TravelProblem, dollars, entry_of
from modulo.domains.travel.reading import city_of, judged, normal, shown, stays, visits, ways

__all__ = ["budget", "cuisine", "room_rule", "room_type", "transportation"]


@modulo.critic(proves="the plan costs no more than the budget, all travellers together")
def budget(problem: TravelProblem, plan: Plan) -> Critique:
    """Judges the cost of a plan, in whole cents (the benchmark's "Budget").

    **Sound for:** flights, cars, rooms and meals of all travellers cost the budget or less, as ``cost.items`` counts
    them; where an entry fits several rows of the reference, whichever of them is meant.

    **Does not check:** costs that the reference has not, such as those of attractions. What is not in the reference
    has no cost, and leaves this undecided unless the rest is too dear already.
    """
    paid = list(items(problem, plan))
    total = sum(item.cents or 0 for item in paid)
    violations = [_too_dear(problem, plan, paid, total)] if total > problem.budget_cents else []
    return judged(violations, [item.entry for item in paid if item.cents is None], "the cost")


def _too_dear(problem: TravelProblem, plan: Plan, paid: list[Item], total: int) -> Violation:
    lines = "; ".join(
        f"day {item.number} {item.what} {item.sum_in_words}" for item in paid if item.cents is not None
    )
    over = dollars(total - problem.budget_cents)
    return Violation(
        "over_budget",
        f"The plan costs {dollars(total)}, {over} over the budget of {dollars(problem.budget_cents)}: {lines}.",
        location="plan",
        expected=f"at most {dollars(problem.budget_cents)}",
        actual=dollars(total),
        hint="; ".join(_savings(problem, plan, paid)) or None,
    )


def _savings(problem: TravelProblem, plan: Plan, paid: list[Item]) -> Iterator[str]:
    """For the dearest night and the dearest meal, what is cheaper."""
    taken = {entry for day in plan for _, entry in visits(problem, day)}
    for stay in sorted(stays(problem, plan), key=lambda stay: -stay.nights):
        city = city_of(problem, stay.entry)
        cheapest = next(iter(suitable(problem, city, stay.nights)), None)
        if cheapest and stay.found and lodging_cents(problem, cheapest) < lodging_cents(problem, stay.found[0]):
            yield f"'{entry_of(cheapest)}' costs {dollars(lodging_cents(problem, cheapest))} a night"
    meals = [item for item in paid if item.what in ("breakfast", "lunch", "dinner") and item.cents]
    dearest = max(meals, key=lambda item: item.cents or 0, default=None)
    hint = dearest and restaurant_hint(problem, city_of(problem, dearest.entry), taken)
    if dearest and hint:
        yield f"day {dearest.number} {dearest.what}: {hint.rstrip('.')}"


def _asks_for_a_rule(problem: TravelProblem) -> bool:
    return problem.constraints.house_rule is not None


@modulo.critic(proves="every accommodation allows what the travellers ask for", applies_to=_asks_for_a_rule)
def room_rule(problem: TravelProblem, plan: Plan) -> Critique:
    """Judges the house rules of accommodations (the benchmark's "Room Rule").

    **Sound for:** no accommodation of the plan forbids what is asked for; where several share name and city, none of
    them does.

    **Does not check:** anything else that is forbidden. An accommodation that is not in the reference leaves this
    undecided.
    """
    rule = problem.constraints.house_rule
    return _lodgings(problem, plan, "forbidden", lambda place: rule in place.forbids, f"does not allow {rule}")


def _asks_for_a_room_type(problem: TravelProblem) -> bool:
    return problem.constraints.room_type is not None


@modulo.critic(proves="every room is of the type that is asked for", applies_to=_asks_for_a_room_type)
def room_type(problem: TravelProblem, plan: Plan) -> Critique:
    """Judges the type of rooms (the benchmark's "Room Type").

    **Sound for:** every accommodation is of the type; where several share name and city, all are.

    **Does not check:** whether the travellers sleep in one room. An accommodation that is not in the reference leaves
    this undecided.
    """
    kind = problem.constraints.room_type
    return _lodgings(
        problem, plan, "wrong_room_type", lambda place: not has_room_type(problem, place), f"is no {kind}"
    )


def _lodgings(
    problem: TravelProblem, plan: Plan, code: str, is_wrong: Callable[[Accommodation], bool], fault: str
) -> Critique:
    found = list(stays(problem, plan))
    violations = [
        Violation(
            code,
            f"{shown(stay.entry)}, from day {stay.first_day} on, {fault}.",
            location=f"day {stay.first_day}, accommodation",
            hint=accommodation_hint(problem, city_of(problem, stay.entry), stay.nights),
        )
        for stay in found
        if any(is_wrong(place) for place in stay.found)
    ]
    return judged(violations, [stay.entry for stay in found if not stay.found], "the house")


def _asks_for_cuisines(problem: TravelProblem) -> bool:
    return problem.constraints.cuisines is not None


@modulo.critic(proves="every cuisine that is asked for is had on the trip", applies_to=_asks_for_cuisines)
def cuisine(problem: TravelProblem, plan: Plan) -> Iterator[Violation]:
    """Judges the cuisines of the restaurants (the benchmark's "Cuisine").

    **Sound for:** each cuisine that is asked for is one of a restaurant of the plan outside of the origin; where
    several share name and city, of each of them.

    **Does not check:** how often.
    """
    meals = [normal(problem, entry) for day in plan for entry in day.meals().values()]
    had = {name for entry in meals for name in _served(problem, entry)}
    city = next((city_of(problem, entry) for entry in meals if city_of(problem, entry) in problem.cities), None)
    for name in dict.fromkeys(problem.constraints.cuisines or ()):
        if name not in had:
            hint = restaurant_hint(problem, city or problem.cities[0], frozenset(meals), name)
            yield Violation("missing_cuisine", f"No meal of the trip is {name}.", expected=name, hint=hint)


def _served(problem: TravelProblem, entry: str) -> set[str]:
    places = [place for place in problem.restaurants.get(entry, ()) if place.city != problem.origin]
    return set.intersection(*(set(place.cuisines) for place in places)) if places else set()


def _refuses_a_means(problem: TravelProblem) -> bool:
    return problem.constraints.transportation is not None


@modulo.critic(proves="the plan takes no means of transportation that is refused", applies_to=_refuses_a_means)
def transportation(problem: TravelProblem, plan: Plan) -> Critique:
    """Judges the means of transportation (the benchmark's "Transportation").

    **Sound for:** no day of the plan has a flight, or self-driving, if that is what is refused.

    **Does not check:** that the means exist.
    """
    refused = "Flight" if problem.constraints.transportation == "no flight" else "Self-driving"
    found = list(ways(problem, plan))
    violations = [
        Violation(
            "refused_transportation",
            f"Day {way.number} has {shown(way.entry)}, but there is to be {problem.constraints.transportation}.",
            location=f"day {way.number}, transportation",
            hint=transportation_hint(problem, way.leg.origin, way.leg.destination, way.date),
        )
        for way in found
        if way.leg is not None and way.leg.kind == refused
    ]
    return judged(violations, [way.entry for way in found if way.leg is None], "the means of transportation")
