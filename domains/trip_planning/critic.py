"""The sound critic of trips."""

from __future__ import annotations

from modulo.critics.constraints import Satisfies
from modulo.domains.trip_planning.constraints import RULES
from modulo.domains.trip_planning.problem import TripProblem
from modulo.domains.trip_planning.trip import Trip

__all__ = ["valid_trip"]


def valid_trip() -> Satisfies[TripProblem, Trip]:
    """The critic that judges whether a trip meets every constraint of the problem.

    **Sound for:** the stays cover the whole trip without a gap, each city of the problem, and no other, is stayed in
    once and for as long as wished, every two stays are joined by a direct flight on the day that they share, all
    appointments are kept, and the answer does not contradict itself.

    **Does not check:** prose around the plan; whether it is the benchmark's own solution.
    """
    return Satisfies(
        *RULES, proves="valid trip plan: each stay, direct flight and appointment as the problem has it"
    )
