"""The library unified-planning, loaded when it is needed: other people's parser and other people's semantics."""

from __future__ import annotations

import functools
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from modulo.errors import MissingDependencyError

__all__ = ["Unreadable", "library_version", "pddl_reader", "read_problem"]


class Unreadable(Exception):
    """unified-planning does not take the problem; there is no second opinion."""


def library_version() -> str:
    """The version of the library.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        return version("unified-planning")
    except PackageNotFoundError as error:
        raise MissingDependencyError(
            "second opinions on plans come from unified-planning, which is not installed: "
            "pip install 'llm-modulo[second-opinion]'"
        ) from error


@functools.cache
def pddl_reader() -> Any:
    """Its class of readers.

    Raises:
        MissingDependencyError: It is not installed.
    """
    library_version()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import unified_planning.shortcuts as shortcuts
        from unified_planning.io import PDDLReader

        shortcuts.get_environment().credits_stream = None
        return PDDLReader


def read_problem(domain_pddl: str, problem_pddl: str) -> Any:
    """The problem as the library has it; kept for a while.

    Raises:
        Unreadable: It does not take these texts.
    """
    found = _read(domain_pddl, problem_pddl)
    if isinstance(found, Exception):
        raise Unreadable(f"{type(found).__name__}: {found}") from found
    return found


@functools.lru_cache(maxsize=64)
def _read(domain_pddl: str, problem_pddl: str) -> Any:
    reader = pddl_reader()
    try:
        return reader().parse_problem_string(domain_pddl, problem_pddl)
    except Exception as error:  # noqa: BLE001  it raises whatever its parser comes across
        return error
