"""Problems from directories that are laid out as PlanBench's: many problem files below one domain file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modulo.critics.plan import PddlProblem
from modulo.domain import read_file
from modulo.errors import ProblemError

__all__ = ["Instance", "find_domain_file", "read_pddl_files", "read_planbench"]

_DOMAIN_FILES: Final = ("domain.pddl", "generated_domain.pddl")
_LEVELS: Final = 3
"""How many folders above a problem file may hold its domain file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One problem of a directory.

    Attributes:
        id: Its path in the directory, without the suffix.
        problem: The problem.
    """

    id: str
    problem: PddlProblem


def read_planbench(path: str | Path) -> Iterator[Instance]:
    """The problems of a directory, sorted as people count: ``instance-2`` before ``instance-10``.

    A problem file's domain is the nearest ``domain.pddl`` or ``generated_domain.pddl`` beside it or above it, as in
    ``instances/blocksworld/generated_domain.pddl`` and ``instances/blocksworld/generated_basic/instance-1.pddl``.

    Args:
        path: The directory.

    Raises:
        ProblemError: There are no problem files, or one cannot be read; the message names the file.
    """
    root = Path(path)
    files = sorted(
        (file for file in root.rglob("*.pddl") if file.name not in _DOMAIN_FILES),
        key=lambda file: _natural(root, file),
    )
    if not files:
        raise ProblemError(f"{root} holds no problem files (*.pddl)")
    for file in files:
        name = file.relative_to(root).with_suffix("").as_posix()
        yield Instance(id=name, problem=read_pddl_files(find_domain_file(file), file))


def find_domain_file(problem_file: Path) -> Path:
    """The domain file of a problem file: the nearest one beside it or above it.

    Raises:
        ProblemError: There is none.
    """
    for folder in list(problem_file.absolute().parents)[:_LEVELS]:
        for name in _DOMAIN_FILES:
            if (folder / name).is_file():
                return folder / name
    raise ProblemError(
        f"{problem_file} has no domain: put it beside the file, or in a folder above, as {' or '.join(_DOMAIN_FILES)}"
    )


def read_pddl_files(domain_file: Path, problem_file: Path) -> PddlProblem:
    """The problem in two files.

    Raises:
        ProblemError: One cannot be read, or is no PDDL; the message names the file.
    """
    domain_pddl, problem_pddl = _text(domain_file), _text(problem_file)
    try:
        return PddlProblem(domain_pddl, problem_pddl)
    except ProblemError as error:
        raise ProblemError(f"{problem_file} with {domain_file}: {error}") from error


def _text(path: Path) -> str:
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(f"{path} is no text in UTF-8") from error


def _natural(root: Path, file: Path) -> list[tuple[tuple[int, str], ...]]:
    """A key by which numbers in names sort as numbers."""
    return [
        tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name))
        for name in file.relative_to(root).parts
    ]
