"""Seeded instances with a plan that solves them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.errors import ConfigurationError

__all__ = ["DOMAIN_PDDL", "MAX_OBJECTS", "generate"]

DOMAIN_PDDL: Final = """\
(define (domain logistics-strips)
  (:requirements :strips)
  (:predicates (obj ?obj) (truck ?truck) (location ?loc) (airplane ?airplane) (city ?city) (airport ?airport)
               (at ?obj ?loc) (in ?obj1 ?obj2) (in-city ?obj ?city))

  (:action load-truck
    :parameters (?obj ?truck ?loc)
    :precondition (and (obj ?obj) (truck ?truck) (location ?loc) (at ?truck ?loc) (at ?obj ?loc))
    :effect (and (not (at ?obj ?loc)) (in ?obj ?truck)))

  (:action load-airplane
    :parameters (?obj ?airplane ?loc)
    :precondition (and (obj ?obj) (airplane ?airplane) (location ?loc) (at ?obj ?loc) (at ?airplane ?loc))
    :effect (and (not (at ?obj ?loc)) (in ?obj ?airplane)))

  (:action unload-truck
    :parameters (?obj ?truck ?loc)
    :precondition (and (obj ?obj) (truck ?truck) (location ?loc) (at ?truck ?loc) (in ?obj ?truck))
    :effect (and (not (in ?obj ?truck)) (at ?obj ?loc)))

  (:action unload-airplane
    :parameters (?obj ?airplane ?loc)
    :precondition (and (obj ?obj) (airplane ?airplane) (location ?loc) (in ?obj ?airplane) (at ?airplane ?loc))
    :effect (and (not (in ?obj ?airplane)) (at ?obj ?loc)))

  (:action drive-truck
    :parameters (?truck ?loc-from ?loc-to ?city)
    :precondition (and (truck ?truck) (location ?loc-from) (location ?loc-to) (city ?city)
                       (at ?truck ?loc-from) (in-city ?loc-from ?city) (in-city ?loc-to ?city))
    :effect (and (not (at ?truck ?loc-from)) (at ?truck ?loc-to)))

  (:action fly-airplane
    :parameters (?airplane ?loc-from ?loc-to)
    :precondition (and (airplane ?airplane) (airport ?loc-from) (airport ?loc-to) (at ?airplane ?loc-from))
    :effect (and (not (at ?airplane ?loc-from)) (at ?airplane ?loc-to))))
"""
"""Logistics without types, as in the first planning competition and in PlanBench."""

MAX_OBJECTS: Final = 1000


def generate(
    *, cities: int = 2, locations: int = 2, packages: int = 1, airplanes: int = 1, seed: int = 0
) -> tuple[PddlProblem, str]:
    """Packages to be brought elsewhere, by the truck of each city and by airplanes between cities.

    The first location of a city is its airport. Every location can be reached from every other one, so every
    instance has a plan; the more packages and cities, the longer it is.

    Args:
        cities: Number of cities, each with a truck.
        locations: Number of locations in each city.
        packages: Number of packages, none of which is where it belongs.
        airplanes: Number of airplanes.
        seed: The same seed gives the same instance.

    Returns:
        The problem, and a plan, not always a shortest one.

    Raises:
        ConfigurationError: There is nothing to bring anywhere, or too much of something.
    """
    counts = (cities, locations, packages, airplanes)
    if min(counts) < 1 or cities * locations < 2 or max(*counts, cities * locations) > MAX_OBJECTS:
        raise ConfigurationError(
            f"logistics needs packages, airplanes and two locations, at most {MAX_OBJECTS} of each; not {cities} "
            f"cities, {locations} locations in each, {packages} packages and {airplanes} airplanes"
        )
    rng = random.Random(seed)  # noqa: S311  instances, not secrets
    world = _World(cities, locations, packages, airplanes, rng)
    name = f"logistics-c{cities}-s{locations}-p{packages}-a{airplanes}-seed-{seed}"
    return PddlProblem(DOMAIN_PDDL, world.problem_pddl(name)), "\n".join(world.plan())


class _World:
    """Where everything is, and where packages belong. Locations are pairs of a city and a number in it."""

    def __init__(self, cities: int, locations: int, packages: int, airplanes: int, rng: random.Random) -> None:
        self._cities, self._locations = range(cities), range(locations)
        places = [(city, place) for city in self._cities for place in self._locations]
        self._trucks = [(city, rng.choice(self._locations)) for city in self._cities]
        self._airplanes = [(rng.choice(self._cities), 0) for _ in range(airplanes)]
        self._routes = [tuple(rng.sample(places, 2)) for _ in range(packages)]

    def problem_pddl(self, name: str) -> str:
        places = [(city, place) for city in self._cities for place in self._locations]
        names = {
            "airplane": [f"a{i}" for i in range(len(self._airplanes))],
            "city": [f"c{i}" for i in self._cities],
            "truck": [f"t{i}" for i in self._cities],
            "location": [_name(place) for place in places],
            "obj": [f"p{i}" for i in range(len(self._routes))],
        }
        kinds = [f"({kind} {member})" for kind, members in names.items() for member in members]
        return (
            f"(define (problem {name})\n"
            "  (:domain logistics-strips)\n"
            f"  (:objects {' '.join(member for members in names.values() for member in members)})\n"
            f"  (:init {' '.join(kinds)}\n"
            f"         {' '.join(f'(airport {_name((city, 0))})' for city in self._cities)}\n"
            f"         {' '.join(f'(in-city {_name(place)} c{place[0]})' for place in places)}\n"
            f"         {' '.join(self._positions())})\n"
            f"  (:goal (and {' '.join(f'(at p{i} {_name(to)})' for i, (_, to) in enumerate(self._routes))})))\n"
        )

    def plan(self) -> Iterator[str]:
        """One package after the other."""
        trucks, airplane = list(self._trucks), self._airplanes[0]
        for number, (start, goal) in enumerate(self._routes):
            if start[0] == goal[0]:
                yield from _by_truck(number, start, goal, trucks)
                continue
            origin, target = (start[0], 0), (goal[0], 0)
            yield from _by_truck(number, start, origin, trucks)
            yield from _flight(airplane, origin)
            yield f"(load-airplane p{number} a0 {_name(origin)})"
            yield from _flight(origin, target)
            yield f"(unload-airplane p{number} a0 {_name(target)})"
            airplane = target
            yield from _by_truck(number, target, goal, trucks)

    def _positions(self) -> Iterator[str]:
        yield from (f"(at t{i} {_name(place)})" for i, place in enumerate(self._trucks))
        yield from (f"(at a{i} {_name(place)})" for i, place in enumerate(self._airplanes))
        yield from (f"(at p{i} {_name(start)})" for i, (start, _) in enumerate(self._routes))


def _name(place: Sequence[int]) -> str:
    return f"l{place[0]}-{place[1]}"


def _by_truck(
    package: int, start: tuple[int, int], goal: tuple[int, int], trucks: list[tuple[int, int]]
) -> Iterator[str]:
    if start == goal:
        return
    city = start[0]
    yield from _drive(trucks[city], start)
    yield f"(load-truck p{package} t{city} {_name(start)})"
    yield from _drive(start, goal)
    yield f"(unload-truck p{package} t{city} {_name(goal)})"
    trucks[city] = goal


def _drive(start: tuple[int, int], goal: tuple[int, int]) -> Iterator[str]:
    if start != goal:
        yield f"(drive-truck t{start[0]} {_name(start)} {_name(goal)} c{start[0]})"


def _flight(start: tuple[int, int], goal: tuple[int, int]) -> Iterator[str]:
    if start != goal:
        yield f"(fly-airplane a0 {_name(start)} {_name(goal)})"
