"""The problem: jobs of operations on machines, as JSON or in the usual format of job-shop benchmarks ("ft06")."""

from __future__ import annotations

from typing import Annotated, Final, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modulo.canonical import JsonValue, canonical_json, codec_for
from modulo.errors import ProblemError

__all__ = ["JobShop", "Starts", "read_job_shop", "read_jsp"]

Starts: TypeAlias = list[list[int]]
"""When each operation of each job starts."""

_MAX_JOBS: Final = 1000
_MAX_OPERATIONS: Final = 10_000
_MAX_TIME: Final = 1_000_000

_Time: TypeAlias = Annotated[int, Field(ge=0, le=_MAX_TIME)]
_Machine: TypeAlias = Annotated[int, Field(ge=0, lt=_MAX_JOBS)]
_Job: TypeAlias = Annotated[tuple[tuple[_Machine, _Time], ...], Field(min_length=1)]
_Capacity: TypeAlias = Annotated[int, Field(ge=1, le=_MAX_JOBS)]


class JobShop(BaseModel):
    """A job-shop problem. Jobs and machines are numbered from 0, times are whole numbers.

    Attributes:
        jobs: For each job its operations in order, each a machine and how long it takes there.
        capacities: How many operations each machine can do at the same time; one each if it is empty.
        releases: When each job can begin; 0 if it is empty.
        deadlines: When each job must be done, None for whenever; no deadlines if it is empty.
        max_makespan: When everything must be done; None for whenever.
        optimal: Whether an answer must be done as early as possible.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    jobs: tuple[_Job, ...] = Field(min_length=1, max_length=_MAX_JOBS)
    capacities: tuple[_Capacity, ...] = ()
    releases: tuple[_Time, ...] = ()
    deadlines: tuple[_Time | None, ...] = ()
    max_makespan: _Time | None = None
    optimal: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if sum(map(len, self.jobs)) > _MAX_OPERATIONS:
            raise ValueError(f"there are more than {_MAX_OPERATIONS:,} operations")
        for name in ("releases", "deadlines"):
            if getattr(self, name) and len(getattr(self, name)) != len(self.jobs):
                raise ValueError(f"{name} are not one for each of the {len(self.jobs)} jobs")
        if self.capacities and len(self.capacities) < self.machines:
            raise ValueError(f"capacities are not one for each of the {self.machines} machines")
        return self

    @property
    def machines(self) -> int:
        """How many machines there are."""
        used = 1 + max(machine for job in self.jobs for machine, _ in job)
        return max(used, len(self.capacities))

    def capacity(self, machine: int) -> int:
        """How many operations a machine can do at the same time."""
        return self.capacities[machine] if self.capacities else 1

    def release(self, job: int) -> int:
        """When a job can begin."""
        return self.releases[job] if self.releases else 0

    def deadline(self, job: int) -> int | None:
        """When a job must be done, if ever."""
        return self.deadlines[job] if self.deadlines else None

    def makespan(self, starts: Starts) -> int:
        """When everything is done."""
        return max(
            start + duration
            for operations, times in zip(self.jobs, starts, strict=True)
            for (_, duration), start in zip(operations, times, strict=True)
        )


def read_job_shop(document: JsonValue) -> JobShop:
    """The problem in a document: its fields, with ``jobs`` or the benchmarks' text as ``jsp``; or that text alone.

    Raises:
        ProblemError: There is none.
    """
    fields: object = {"jsp": document} if isinstance(document, str) else document
    if isinstance(fields, dict) and isinstance(fields.get("jsp"), str):
        others = {name: value for name, value in fields.items() if name != "jsp"}
        fields = {"jobs": read_jsp(fields["jsp"]), **others}
    problem: JobShop = codec_for(JobShop).decode(canonical_json(fields))
    return problem


def read_jsp(text: str) -> list[list[list[int]]]:
    """The jobs in the format of job-shop benchmarks.

    After comments (#), a line with the numbers of jobs and machines; then for each job a line with, for each of its
    operations, the machine (from 0) and the duration. That is how ft06, la01, abz5 and others are passed on:
    Beasley, "OR-Library: distributing test problems by electronic mail", J. Oper. Res. Soc. 41 (1990).

    Raises:
        ProblemError: The text is no such file; the message gives the line.
    """
    lines = [
        (at, line.split())
        for at, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines or len(lines[0][1]) != 2:
        raise ProblemError("the text does not begin with the numbers of jobs and machines")
    (at, head), *rest = lines
    count, machines = (_number(part, at) for part in head)
    if len(rest) != count:
        raise ProblemError(f"line {at} announces {count} jobs, and there are {len(rest)}")
    return [_operations(words, at, machines) for at, words in rest]


def _operations(words: list[str], at: int, machines: int) -> list[list[int]]:
    if len(words) != 2 * machines:
        raise ProblemError(f"line {at}: {len(words)} numbers are not {machines} pairs of machine and duration")
    numbers = [_number(word, at) for word in words]
    pairs = [[machine, duration] for machine, duration in zip(numbers[::2], numbers[1::2], strict=True)]
    for machine, _ in pairs:
        if machine >= machines:
            raise ProblemError(f"line {at}: there is no machine {machine}; they go from 0 to {machines - 1}")
    return pairs


def _number(text: str, at: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= _MAX_TIME):
        raise ProblemError(f"line {at}: {text[:20]!r} is no whole number from 0 to {_MAX_TIME}")
    return int(text)
