"""The domain and its graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import modulo
from modulo.canonical import JsonValue
from modulo.domain import Domain, generated
from modulo.domains.travel import choices, completeness, hard, route, sandbox
from modulo.domains.travel.benchmark import read_problem, read_problem_in
from modulo.domains.travel.cheapest import Cheapest
from modulo.domains.travel.instances import generate
from modulo.domains.travel.plan import Plan, read_plan
from modulo.domains.travel.problem import TravelProblem
from modulo.domains.travel.specimens import TravelSpecimens
from modulo.domains.travel.text import answer_schema, parse_plan, prompt

__all__ = ["COMMONSENSE", "DOMAIN", "HARD", "TravelDomain", "graph"]

COMMONSENSE: Final[Mapping[str, modulo.Critic[Any, Any]]] = {
    "within_sandbox": sandbox.within_sandbox,
    "complete_information": completeness.complete_information,
    "within_current_city": route.within_current_city,
    "reasonable_city_route": route.reasonable_city_route,
    "diverse_restaurants": choices.diverse_restaurants,
    "diverse_attractions": choices.diverse_attractions,
    "non_conflicting_transportation": choices.non_conflicting_transportation,
    "minimum_nights": choices.minimum_nights,
}
"""The eight commonsense constraints, by name."""

HARD: Final[Mapping[str, modulo.Critic[Any, Any]]] = {
    "budget": hard.budget,
    "room_rule": hard.room_rule,
    "cuisine": hard.cuisine,
    "room_type": hard.room_type,
    "transportation": hard.transportation,
}
"""The five hard constraints, by name; but the budget, they apply where something of the kind is asked for."""


def graph(generator: modulo.Generator) -> modulo.Graph:
    """Generator, parser, a critic for each of the thirteen constraints, and ``Cheapest``."""
    result = modulo.Graph("travel", problem_type=TravelProblem)
    planner = result.generator("planner", generator, prompt=prompt)
    plan = result.reformulator("plan", parse_plan, reads=planner)
    for name, critic in {**COMMONSENSE, **HARD}.items():
        result.critic(name, critic, reads=plan, backprompts=planner)
    result.soft_critic("cheapest", Cheapest(), reads=plan)
    return result


class TravelDomain(Domain[TravelProblem]):
    """Problems are JSON, in our own form or a row of TravelPlanner's; answers are its plans."""

    name = "travel"
    summary = "plan a trip of some days within a budget, after TravelPlanner"
    problem_type = TravelProblem
    local_temperature = 0.5

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> TravelProblem:
        """Three days for two people who want something to be allowed."""
        return generate(days=3, people=2, level="medium", seed=1)[0]

    def generate(self, seed: int, **difficulty: Any) -> TravelProblem:
        """See ``instances.generate``: ``days``, ``people``, ``level``, ``restaurants``."""
        return generated(generate, seed, difficulty)[0]

    def read_problem(self, document: JsonValue) -> TravelProblem:
        """A problem in our own form, or a row of the benchmark with its ``reference_information``."""
        return read_problem(document)

    def read_problem_file(self, path: Path) -> TravelProblem:
        """The problem in a file; ``FILE#N`` is the N-th of a file of rows (``.csv`` or JSON lines)."""
        return read_problem_in(path)

    def read_candidate(self, document: JsonValue, problem: TravelProblem) -> Plan:
        """A plan as a list of days, as an object with one, or as a text that is one."""
        return read_plan(document)

    def answer_schema(self, problem: TravelProblem) -> Mapping[str, JsonValue]:
        """The days of the trip, of what is in the reference."""
        return answer_schema(problem)

    def backprompter(self) -> modulo.Backprompter:
        """All violations, with what the reference has instead."""
        return modulo.ChatBackprompter(granularity="constructive")

    def specimens(self) -> TravelSpecimens:
        """Generated trips with their planted plans, and faults aimed at each constraint."""
        return TravelSpecimens()


DOMAIN = TravelDomain()
