"""Seeded instances of the benchmark's shape, each with a schedule that is known to be best."""

from __future__ import annotations

import random
from typing import Final

from modulo.domains.meeting_planning.problem import Friend, MeetingProblem, Way
from modulo.domains.meeting_planning.schedule import Meet, Schedule, Start, Step, Travel, Wait
from modulo.errors import ConfigurationError

__all__ = ["NAMES", "PLACES", "generate", "random_ways"]

PLACES: Final = (
    "Alamo Square", "Bayview", "Chinatown", "Embarcadero", "Fisherman's Wharf", "Haight-Ashbury", "Marina District",
    "Mission District", "Nob Hill", "North Beach", "Pacific Heights", "Presidio", "Russian Hill", "The Castro",
)  # fmt: skip
NAMES: Final = (
    "Amara", "Bjorn", "Carla", "Dario", "Elif", "Fiona", "Gustav", "Hamid", "Ines", "Jonas", "Kavya", "Liam",
)  # fmt: skip
_ARRIVES: Final = 9 * 60
_MOST_REACHABLE: Final = 8
_GRID: Final = 15


def generate(*, friends: int = 4, out_of_reach: int = 1, seed: int = 0) -> tuple[MeetingProblem, Schedule]:
    """A random problem with a planted schedule that meets every friend but those who leave too early for anybody.

    Ways take up to 25 minutes and differ by direction, though where one comes from; windows are on the quarter hour.

    Args:
        friends: How many there are, up to 12.
        out_of_reach: How many of them leave before one could have met them even when going there first; of the
            others there may be 8.
        seed: The same seed gives the same instance.

    Returns:
        The problem, and a schedule that no other beats, since it meets all who can be met.

    Raises:
        ConfigurationError: A number makes no sense.
    """
    reachable = friends - out_of_reach
    if not (1 <= friends <= len(NAMES) and out_of_reach >= 0 and 0 <= reachable <= _MOST_REACHABLE):
        raise ConfigurationError(f"no problem has {friends} friends with {out_of_reach} out of reach")
    rng = random.Random(seed)  # noqa: S311  instances, not secrets
    place, *places = rng.sample(PLACES, friends + 1)
    names = rng.sample(NAMES, friends)
    ways = random_ways(rng, (place, *places))
    times = {(way.origin, way.destination): way.minutes for way in ways}
    steps: list[Step] = [Start(place=place, at=_ARRIVES)]
    found: list[Friend] = []
    here, time = place, _ARRIVES
    for name, there in zip(names[:reachable], places[:reachable], strict=True):
        on_the_way = times[here, there]
        time += on_the_way
        steps.append(Travel(place=there, minutes=on_the_way, arrive=time))
        friend = _met_from(rng, name, there, time)
        if friend.opens > time:
            steps.append(Wait(until=friend.opens))
            time = friend.opens
        steps.append(Meet(friend=name, minutes=friend.minutes, start=time, end=time + friend.minutes))
        here, time = there, time + friend.minutes
        found.append(friend)
    for name, there in zip(names[reachable:], places[reachable:], strict=True):
        found.append(_missed(rng, name, there, _ARRIVES + times[place, there]))
    rng.shuffle(found)
    problem = MeetingProblem(place=place, arrives=_ARRIVES, friends=tuple(found), ways=ways)
    return problem, Schedule(steps=tuple(steps))


def random_ways(rng: random.Random, places: tuple[str, ...]) -> tuple[Way, ...]:
    """Ways between all places, about as long as between points of a map, and a little longer in one direction."""
    points = {place: (rng.uniform(0, 16), rng.uniform(0, 16)) for place in places}
    return tuple(
        Way(
            origin=one,
            destination=other,
            minutes=3 + round(abs(complex(*points[one]) - complex(*points[other]))) + rng.randint(0, 2),
        )
        for one in places
        for other in places
        if one != other
    )


def _met_from(rng: random.Random, name: str, place: str, time: int) -> Friend:
    """One who can be met at this time, or a little later."""
    minutes = rng.randrange(15, 46, _GRID)
    opens = time // _GRID * _GRID + rng.randrange(-8, 2) * _GRID
    done = max(opens, time) + minutes
    closes = -(-done // _GRID) * _GRID + rng.randrange(0, 4) * _GRID
    return Friend(name=name, place=place, opens=max(0, opens), closes=closes, minutes=minutes)


def _missed(rng: random.Random, name: str, place: str, arrive: int) -> Friend:
    """One who leaves before a meeting that begins at this time is over."""
    minutes = rng.randrange(30, 121, _GRID)
    closes = (arrive + minutes - 1) // _GRID * _GRID
    return Friend(
        name=name, place=place, opens=closes - rng.randrange(8, 20) * _GRID, closes=closes, minutes=minutes
    )
