"""The exact search: it finds a route exactly where there is one."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modulo.domains.trip_planning import Connection, TripProblem, Visit, generate, trip_text
from modulo.domains.trip_planning import routes as module
from modulo.domains.trip_planning.judging import is_right
from modulo.domains.trip_planning.routes import find_route
from modulo.domains.trip_planning.trip import trip_of


def right_orders(problem: TripProblem) -> set[tuple[str, ...]]:
    lengths = {visit.city: visit.days for visit in problem.visits}
    return {
        order
        for order in permutations(lengths)
        if is_right(problem, trip_text(trip_of(*((city, lengths[city]) for city in order))))
    }


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32), st.integers(2, 5), st.floats(0, 1), st.booleans())
def test_a_route_is_found_exactly_where_there_is_one(
    seed: int, cities: int, density: float, spoilt: bool
) -> None:
    rng = random.Random(seed)
    problem, planted = generate(cities=cities, density=density, appointments=rng.random(), seed=seed)
    if spoilt:
        problem = problem.model_copy(update={"connections": problem.connections[1:]})
    orders = right_orders(problem)
    for kept in range(cities + 1):
        start = tuple(stay.city for stay in planted.stays[:kept])
        search = find_route(problem, start)
        assert search.is_complete
        if search.route is None:
            assert not any(order[:kept] == start for order in orders)
        else:
            assert search.route in orders
            assert search.route[:kept] == start


def test_a_start_that_is_no_trip_leads_nowhere() -> None:
    problem, planted = generate(cities=4, seed=3)
    first = planted.stays[0].city
    assert find_route(problem, (first, first)).route is None
    assert find_route(problem, ("Atlantis",)).route is None


def test_lengths_that_do_not_add_up_leave_no_route() -> None:
    problem, _ = generate(cities=4, seed=3)
    assert find_route(problem.model_copy(update={"days": problem.days + 1})).route is None


def test_a_search_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_STATES", 1000)
    names = [chr(ord("A") + number) for number in range(20)]
    everywhere = tuple(
        Connection(origin=one, destination=other, both_ways=False)
        for one in names[1:]
        for other in names[1:]
        if one != other
    )
    problem = TripProblem(
        days=21, visits=tuple(Visit(city=name, days=2) for name in names), connections=everywhere
    )
    search = find_route(problem)
    assert search.route is None
    assert not search.is_complete
