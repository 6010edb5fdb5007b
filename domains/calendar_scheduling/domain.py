"""The domain and its graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import modulo
from modulo.canonical import JsonValue
from modulo.domain import generated
from modulo.domains.calendar_scheduling.backprompter import CalendarBackprompter
from modulo.domains.calendar_scheduling.constraints import fitting_meeting, wished_for
from modulo.domains.calendar_scheduling.instances import generate
from modulo.domains.calendar_scheduling.problem import CalendarProblem, Slot
from modulo.domains.calendar_scheduling.specimens import CalendarSpecimens
from modulo.domains.calendar_scheduling.statement import read_statement
from modulo.domains.calendar_scheduling.text import answer_schema, parse_meeting, prompt, read_meeting
from modulo.domains.natural_plan import NaturalPlanDomain

__all__ = ["DOMAIN", "CalendarDomain", "graph"]


def graph(generator: modulo.Generator) -> modulo.Graph:
    """Generator, parser, the critic of requirements, and the soft critic of milder wishes."""
    result = modulo.Graph("calendar_scheduling", problem_type=CalendarProblem)
    scheduler = result.generator("scheduler", generator, prompt=prompt)
    meeting = result.reformulator("meeting", parse_meeting, reads=scheduler)
    result.critic("fits", fitting_meeting(), reads=meeting, backprompts=scheduler)
    result.soft_critic("wishes", wished_for(), reads=meeting)
    return result


class CalendarDomain(NaturalPlanDomain[CalendarProblem]):
    """Problems are statements of NATURAL PLAN or JSON of our own; answers are a day with a time."""

    name = "calendar_scheduling"
    summary = "find a time for a meeting that works for everyone's schedule and constraints (NATURAL PLAN)"
    problem_type = CalendarProblem

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> CalendarProblem:
        """Three people, one day, and one right time among sixteen."""
        return generate(people=3, density=0.9, seed=30)[0]

    def generate(self, seed: int, **difficulty: Any) -> CalendarProblem:
        """See ``instances.generate``: ``people``, ``days``, ``minutes``, ``density``, ``wishes``, ``earliest``."""
        return generated(generate, seed, difficulty)[0]

    def read_statement(self, statement: str) -> CalendarProblem:
        """The problem in a statement, of which every sentence must be understood."""
        return read_statement(statement)

    def read_candidate(self, document: JsonValue, problem: CalendarProblem) -> Slot:
        """A meeting time as the benchmark writes it, or as a JSON object."""
        return read_meeting(document)

    def answer_schema(self, problem: CalendarProblem) -> Mapping[str, JsonValue]:
        """A day asked for, and times on the half hour."""
        return answer_schema(problem)

    def strategy(self) -> modulo.Strategy:
        """Refine for as long as the budget lasts: a small model repeats itself before it gets there."""
        return modulo.Refine(patience=None)

    def backprompter(self) -> modulo.Backprompter:
        """All violations, and a time to try next."""
        return CalendarBackprompter()

    def specimens(self) -> CalendarSpecimens:
        """Problems of the benchmark's shape, and planted times moved by minutes."""
        return CalendarSpecimens()


DOMAIN = CalendarDomain()
