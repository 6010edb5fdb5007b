"""The domain and its graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import modulo
from modulo.canonical import JsonValue
from modulo.domain import generated
from modulo.domains.meeting_planning.constraints import best_day
from modulo.domains.meeting_planning.instances import generate
from modulo.domains.meeting_planning.problem import MeetingProblem
from modulo.domains.meeting_planning.schedule import Schedule
from modulo.domains.meeting_planning.specimens import MeetingSpecimens
from modulo.domains.meeting_planning.statement import read_statement
from modulo.domains.meeting_planning.text import answer_schema, parse_schedule, prompt, read_schedule
from modulo.domains.natural_plan import NaturalPlanDomain

__all__ = ["DOMAIN", "MeetingDomain", "graph"]


def graph(generator: modulo.Generator) -> modulo.Graph:
    """Generator, parser and the critic of days."""
    result = modulo.Graph("meeting_planning", problem_type=MeetingProblem)
    planner = result.generator("planner", generator, prompt=prompt)
    schedule = result.reformulator("schedule", parse_schedule, reads=planner)
    result.critic("best_day", best_day(), reads=schedule, backprompts=planner)
    return result


class MeetingDomain(NaturalPlanDomain[MeetingProblem]):
    """Problems are statements of NATURAL PLAN or JSON of our own; answers are days in the benchmark's sentences."""

    name = "meeting_planning"
    summary = "meet as many friends as possible, each where and while they are there (NATURAL PLAN)"
    problem_type = MeetingProblem

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> MeetingProblem:
        """Three friends, one of them out of reach."""
        return generate(friends=3, seed=1)[0]

    def generate(self, seed: int, **difficulty: Any) -> MeetingProblem:
        """See ``instances.generate``: ``friends``, ``out_of_reach``."""
        return generated(generate, seed, difficulty)[0]

    def read_statement(self, statement: str) -> MeetingProblem:
        """The problem in a statement, of which every sentence must be understood."""
        return read_statement(statement)

    def read_candidate(self, document: JsonValue, problem: MeetingProblem) -> Schedule:
        """A day in the benchmark's sentences, or as JSON."""
        return read_schedule(document, problem)

    def answer_schema(self, problem: MeetingProblem) -> Mapping[str, JsonValue]:
        """A list of meetings with friends of the problem."""
        return answer_schema(problem)

    def strategy(self) -> modulo.Strategy:
        """Refine for as long as the budget lasts."""
        return modulo.Refine(patience=None)

    def backprompter(self) -> modulo.Backprompter:
        """All violations, with what to try next, and no wrong answers to repeat."""
        return modulo.ChatBackprompter(granularity="constructive", history=0)

    def specimens(self) -> MeetingSpecimens:
        """Small problems solved by trying all orders."""
        return MeetingSpecimens()


DOMAIN = MeetingDomain()
