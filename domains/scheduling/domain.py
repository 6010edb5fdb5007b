"""The domain and its graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import modulo
from modulo.canonical import JsonValue, parse_json
from modulo.domain import Domain, generated, read_file
from modulo.domains.scheduling.critic import FeasibleSchedule
from modulo.domains.scheduling.instances import generate
from modulo.domains.scheduling.optimal import NoScheduleExists, OptimalSchedule
from modulo.domains.scheduling.problem import JobShop, Starts, read_job_shop
from modulo.domains.scheduling.solver import cp_sat_is_installed
from modulo.domains.scheduling.specimens import ScheduleSpecimens
from modulo.domains.scheduling.text import answer_schema, parse_starts, prompt, read_starts
from modulo.errors import ProblemError

__all__ = ["DOMAIN", "SchedulingDomain", "graph"]


def graph(generator: modulo.Generator) -> modulo.Graph:
    """Generator, parser, ``FeasibleSchedule`` and ``OptimalSchedule``; ``NoScheduleExists`` where OR-tools is here.

    Without OR-tools, problems that ask for the optimum are refused, and the claim that there is no schedule can be
    made but never certified.
    """
    result = modulo.Graph("scheduling", problem_type=JobShop)
    planner = result.generator("planner", generator, prompt=prompt)
    starts = result.reformulator("starts", parse_starts, reads=planner)
    result.critic("feasible", FeasibleSchedule(), reads=starts, backprompts=planner)
    result.critic("optimal", OptimalSchedule(), reads=starts, backprompts=planner)
    if cp_sat_is_installed():
        result.critic("no_schedule", NoScheduleExists(), reads=starts, backprompts=planner)
    return result


class SchedulingDomain(Domain[JobShop]):
    """Problems are JSON (``jobs`` and what is demanded) or benchmark files; answers are starts, job by job."""

    name = "scheduling"
    summary = "give every operation of every job a start, so that machines and deadlines are kept"
    problem_type = JobShop
    local_temperature = 0.5

    def graph(self, generator: modulo.Generator) -> modulo.Graph:
        """The domain's graph around a generator."""
        return graph(generator)

    def example(self) -> JobShop:
        """Three jobs on two machines."""
        return generate(jobs=3, machines=2, slack=4, seed=3)[0]

    def generate(self, seed: int, **difficulty: Any) -> JobShop:
        """See ``instances.generate``: ``jobs``, ``machines``, ``slack``, ``optimal``."""
        return generated(generate, seed, difficulty)[0]

    def read_problem(self, document: JsonValue) -> JobShop:
        """The fields, with the jobs as lists or as a benchmark's text (``jsp``); or that text alone."""
        return read_job_shop(document)

    def read_problem_file(self, path: Path) -> JobShop:
        """JSON, or a benchmark's text."""
        data = read_file(path)
        try:
            return read_job_shop(parse_json(data) if data.lstrip()[:1] in (b"{", b'"') else data.decode())
        except UnicodeDecodeError as error:
            raise ProblemError(f"{path} is not a text file") from error

    def read_candidate(self, document: JsonValue, problem: JobShop) -> Starts:
        """Lists of starts, or an object with them."""
        return read_starts(document)

    def answer_schema(self, problem: JobShop) -> Mapping[str, JsonValue]:
        """A start for each operation of each job."""
        return answer_schema(problem)

    def backprompter(self) -> modulo.Backprompter:
        """All violations, with when things are free."""
        return modulo.ChatBackprompter(granularity="constructive")

    def specimens(self) -> ScheduleSpecimens:
        """Job shops with schedules and damaged ones."""
        return ScheduleSpecimens()


DOMAIN = SchedulingDomain()
