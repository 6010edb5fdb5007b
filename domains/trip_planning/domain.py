"""The domain and its graph."""

from __future__ import annotations

from typing import Any

import modulo
from modulo.canonical import JsonValue
from modulo.domain import generated
from modulo.domains.natural_plan import NaturalPlanDomain
from modulo.domains.trip_planning.critic import no_trip_exists, valid_trip
from modulo.domains.trip_planning.instances import generate
from modulo.domains.trip_planning.problem import TripProblem
from modulo.domains.trip_planning.specimens import TripSpecimens
from modulo.domains.trip_planning.statement import read_prompt
from modulo.domains.trip_planning.text import parse_trip, prompt, read_candidate
from modulo.domains.trip_planning.trip import Trip

__all__ = ["DOMAIN", "TripPlanningDomain", "graph"]


def graph(generator: modulo.Generator) -> modulo.Graph:
    """Generator, parser and ``valid_trip``; and ``no_trip_exists`` for the claim that there is none."""
    result = modulo.Graph("trip_planning", problem_type=TripProblem)
    planner = result.generator("planner", generator, prompt=prompt)
    trip = result.reformulator("trip", parse_trip, reads=planner)
    result.critic("valid_trip", valid_trip(), reads=trip, backprompts=planner)
    result.critic("no_trip", no_trip_exists, reads=trip, backprompts=planner)
    return result


class TripPlanningDomain(NaturalPlanDomain[TripProblem]):
    """Problems are the benchmark's statements, or entries of its file; answers texts in its format."""

    name = "trip_planning"
    summary = "visit every city by direct flights and be there for appointments (NATURAL PLAN)"
    problem_type = TripProblem

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> TripProblem:
        """Four cities."""
        return generate(cities=4, seed=1)[0]

    def generate(self, seed: int, **difficulty: Any) -> TripProblem:
        """See ``instances.generate``: ``cities``, ``appointments``, ``density``, ``one_way``."""
        return generated(generate, seed, difficulty)[0]

    def read_statement(self, statement: str) -> TripProblem:
        """The problem in a statement, of which every sentence must be understood."""
        return read_prompt(statement)

    def read_candidate(self, document: JsonValue, problem: TripProblem) -> Trip:
        """A trip in the benchmark's format, or as the JSON object that certificates hold."""
        return read_candidate(document, problem)

    def backprompter(self) -> modulo.Backprompter:
        """All violations, with what to try next."""
        return modulo.ChatBackprompter(granularity="constructive")

    def specimens(self) -> TripSpecimens:
        """Planted trips, and what can go wrong with them."""
        return TripSpecimens()


DOMAIN = TripPlanningDomain()
