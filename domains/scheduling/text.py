"""Prompts for job shops, and schedules out of chat text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from modulo.canonical import JsonValue, parse_json
from modulo.domains.scheduling.problem import JobShop, Starts
from modulo.errors import Malformed, ProblemError
from modulo.json_in_text import json_object_in, json_values_in
from modulo.problem import NO_SOLUTION, NoSolution

__all__ = ["answer_schema", "parse_starts", "prompt", "read_starts"]

_FORM: Final = (
    "Answer with one JSON object that gives, job by job, the start of each operation, "
    'such as {"starts": [[0, 3], [2, 5]]}.'
)
_CLAIM: Final = re.compile(r"\W*(?:there is )?no (?:schedule|solution)(?: exists)?\W*", re.IGNORECASE)
_LONGEST_CLAIM: Final = 100
_END_OF_THOUGHT: Final = "</think>"


def prompt(problem: JobShop) -> str:
    """The problem in words, with the answer's format."""
    jobs = "\n".join(
        f"Job {job}: " + ", ".join(f"machine {machine} for {duration}" for machine, duration in operations)
        for job, operations in enumerate(problem.jobs)
    )
    return "\n".join(
        [
            "Schedule these jobs. The operations of a job are done in this order, one after the other:",
            jobs,
            *_demands(problem),
            _FORM,
        ]
    )


def _demands(problem: JobShop) -> Iterator[str]:
    several = [m for m in range(problem.machines) if problem.capacity(m) > 1]
    yield f"A machine does one operation at a time{', except these:' if several else '.'}"
    for machine in several:
        yield f"Machine {machine} does up to {problem.capacity(machine)} operations at the same time."
    for job in range(len(problem.jobs)):
        if problem.release(job):
            yield f"Job {job} can begin at {problem.release(job)} or later."
        if problem.deadline(job) is not None:
            yield f"Job {job} must be done by {problem.deadline(job)}."
    if problem.max_makespan is not None:
        yield f"All jobs must be done by {problem.max_makespan}."
    if problem.optimal:
        yield "The end of the last job must be as early as possible."


def answer_schema(problem: JobShop) -> Mapping[str, JsonValue]:
    """The JSON schema of an answer: a start for each operation of each job."""
    start: JsonValue = {"type": "integer", "minimum": 0}
    jobs: list[JsonValue] = [
        {"type": "array", "items": start, "minItems": len(job), "maxItems": len(job)} for job in problem.jobs
    ]
    starts: JsonValue = {"type": "array", "prefixItems": jobs, "minItems": len(jobs), "maxItems": len(jobs)}
    return {
        "type": "object",
        "properties": {"starts": starts},
        "required": ["starts"],
        "additionalProperties": False,
    }


def parse_starts(text: str) -> Starts | NoSolution:
    """The schedule in a chat answer: its one JSON object, or list of lists, with prose or code fences around it.

    What stands before ``</think>`` is left out.

    Returns:
        The starts; or ``NO_SOLUTION`` if all that the answer says is that there is no schedule.

    Raises:
        Malformed: There is no such thing, or there are several different ones.
    """
    said = text.rpartition(_END_OF_THOUGHT)[2]
    if len(said) <= _LONGEST_CLAIM and _CLAIM.fullmatch(said):
        return NO_SOLUTION
    arrays = json_values_in(said, form=_FORM, opening="[") if "{" not in said else ()
    lists = [value for value in arrays if value and isinstance(value[0], list)]
    return read_starts(lists[0] if len(lists) == 1 else json_object_in(said, form=_FORM))


def read_starts(document: object) -> Starts:
    """A schedule in a JSON document, or in its text: ``{"starts": [[...], ...]}``, or the lists alone.

    Raises:
        Malformed: The document is no such thing.
    """
    if isinstance(document, str):
        try:
            document = parse_json(document)
        except ProblemError as error:
            raise Malformed(f"The answer is {error}.", hint=_FORM) from error
    starts = document.get("starts") if isinstance(document, dict) and len(document) == 1 else document
    if not isinstance(starts, list) or not all(isinstance(times, list) for times in starts):
        raise Malformed("The answer is no list of starts for each job.", hint=_FORM)
    if not all(type(start) is int for times in starts for start in times):
        raise Malformed("A start is no whole number.", hint=_FORM)
    return starts
