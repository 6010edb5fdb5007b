"""The sound critics: of trips, and of the claim that there is none."""

from __future__ import annotations

import modulo
from modulo.critics.constraints import Satisfies
from modulo.critique import Critique, Violation
from modulo.domains.trip_planning.constraints import RULES
from modulo.domains.trip_planning.problem import TripProblem
from modulo.domains.trip_planning.routes import find_route
from modulo.domains.trip_planning.trip import Trip

__all__ = ["no_trip_exists", "valid_trip"]


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


@modulo.critic(
    proves="no trip plan exists: every order of the cities was ruled out", judges="unsolvability", cost=2.0
)
def no_trip_exists(problem: TripProblem, claim: object) -> Critique:
    """Judges the claim that a problem has no trip, by an exact search.

    **Sound for:** no order of the cities meets every constraint that ``valid_trip`` judges by.

    **Does not check:** problems on which the search would take too long; of them it says nothing (UNDECIDED).
    """
    search = find_route(problem)
    if not search.is_complete:
        return Critique.undecided("there are too many orders of the cities to look at")
    if search.route is None:
        return Critique.accept()
    return Critique.reject(
        Violation("trip_exists", "There is a trip plan.", hint=f"begin in {search.route[0]}.")
    )
