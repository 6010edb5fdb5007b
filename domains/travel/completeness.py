"""The critic of what must be there: the benchmark's commonsense constraint "Complete Information"."""

from __future__ import annotations

from collections.abc import Iterator

import modulo
from modulo.critique import Violation
from modulo.domains.travel.alternatives import offer
from modulo.domains.travel.plan import MEALS, DayPlan, Plan, is_given, listed
from modulo.domains.travel.problem import TravelProblem
from modulo.domains.travel.reading import cities_of, visits

__all__ = ["complete_information"]


@modulo.critic(proves="the plan has all days and cities, and leaves out nothing that they need")
def complete_information(problem: TravelProblem, plan: Plan) -> Iterator[Violation]:
    """Judges whether a plan is complete (the benchmark's "Complete Information").

    **Sound for:** the plan has exactly the days of the trip, numbered from 1, and visits the number of cities that
    is asked for; a day of travel has its transportation, any other three meals and an attraction, and every night
    but the last day's an accommodation.

    **Does not check:** that what is there is true. On days of travel, meals and attractions may be left out.
    """
    if len(plan) != problem.days:
        message = f"The plan has {len(plan)} days, the trip {problem.days}."
        yield Violation("wrong_days", message, expected=str(problem.days), actual=str(len(plan)))
    taken = frozenset(entry for day in plan for _, entry in visits(problem, day))
    for number, day in enumerate(plan, start=1):
        if day.days != number:
            message = f"Day {number} is numbered {day.days}."
            yield Violation("wrong_day_number", message, location=f"day {number}", expected=str(number))
        for what in _absent(problem, day, is_last=number == problem.days):
            message = f"Day {number} ({day.current_city[:80]}) has no {what}."
            yield Violation(
                "missing_information",
                message,
                location=f"day {number}, {what}",
                hint=offer(problem, plan, number, what, taken),
            )
    visited = _cities_visited(problem, plan)
    if len(visited) != problem.cities_to_visit:
        message = f"The plan visits {len(visited)} cities, but the trip is to {problem.cities_to_visit}."
        hint = f"{problem.cities_to_visit} of {', '.join(problem.cities[:10])}."
        yield Violation(
            "wrong_number_of_cities",
            message,
            expected=str(problem.cities_to_visit),
            actual=", ".join(sorted(visited))[:200],
            hint=hint,
        )


def _absent(problem: TravelProblem, day: DayPlan, *, is_last: bool) -> Iterator[str]:
    travels = len(cities_of(problem, day) or ()) == 2
    if travels and not is_given(day.transportation):
        yield "transportation"
    if not travels:
        yield from (meal for meal in MEALS if not is_given(getattr(day, meal)))
    if not travels and not any(entry.strip() for entry in listed(day.attraction)):
        yield "attraction"
    if not is_last and not is_given(day.accommodation):
        yield "accommodation"


def _cities_visited(problem: TravelProblem, plan: Plan) -> set[str]:
    return {city for day in plan for city in cities_of(problem, day) or ()} - {problem.origin}
