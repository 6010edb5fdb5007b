"""The problems of a study, read or generated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from modulo.bench.study import ProblemSet
from modulo.canonical import parse_json
from modulo.domain import Domain, find_domain
from modulo.errors import ConfigurationError, ModuloError
from modulo.generators.transcript import json_lines

__all__ = ["BenchProblem", "problems_of"]


class BenchProblem(Struct, frozen=True, kw_only=True):
    """A problem of a study.

    Attributes:
        set: The set that it is of.
        id: Its name in the set.
        domain: Its domain.
        value: The problem.
    """

    set: str
    id: str
    domain: Domain[Any]
    value: Any


def problems_of(given: ProblemSet, *, base: Path) -> Sequence[BenchProblem]:
    """The problems of a set, in order.

    Args:
        given: The set.
        base: The folder that its files are relative to.

    Raises:
        ConfigurationError: There is no such domain, it generates no problems, or a file holds no such problems.
    """
    domain = find_domain(given.domain)
    found = [
        BenchProblem(set=given.title, id=name, domain=domain, value=value)
        for name, value in _all(given, domain, base)
    ]
    names = [problem.id for problem in found]
    if len(set(names)) < len(names):
        raise ConfigurationError(f"{given.title}: two problems have the same id")
    return found


def _all(given: ProblemSet, domain: Domain[Any], base: Path) -> Iterator[tuple[str, Any]]:
    for seed in range(given.seed, given.seed + given.count):
        yield f"seed {seed}", domain.generate(seed, **given.difficulty)
    for name in given.files:
        yield name, _within(name, domain.read_problem_file, base / name)
    if given.lines:
        yield from _chosen(given, _of_lines(domain, base / given.lines))


def _chosen(given: ProblemSet, found: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    wanted = set(given.ids)
    read = 0
    for name, value in found:
        if wanted and name not in wanted:
            continue
        if given.most is not None and read >= given.most:
            return
        read += 1
        wanted.discard(name)
        yield name, value
    if wanted:
        raise ConfigurationError(
            f"{given.title}: there is no problem {', '.join(sorted(wanted))} in {given.lines}"
        )


def _of_lines(domain: Domain[Any], path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(json_lines(path), 1):
        document = _within(f"line {number} of {path}", parse_json, line)
        name = str(number)
        if isinstance(document, dict):
            name = str(document.get("id", document.get("task_id", number)))
            document = document.get("problem", document)
        yield name, _within(f"line {number} of {path}", domain.read_problem, document)


def _within(where: str, function: Any, *args: Any) -> Any:
    try:
        return function(*args)
    except ModuloError as error:
        raise ConfigurationError(f"{where}: {error}") from error
