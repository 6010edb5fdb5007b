"""Domains: everything that the command line needs to know of a kind of problem, and where they are found.

A domain is found by name among the installed entry points of the group ``modulo.domains``, our own and those
of third parties alike.
"""

from __future__ import annotations

import difflib
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_type_hints

import msgspec

from modulo.backprompt import ChatBackprompter
from modulo.canonical import JsonValue, canonical_json, codec_for, parse_json
from modulo.errors import ConfigurationError, ModuloError, ProblemError
from modulo.graph import Graph
from modulo.graph.simple import simple_graph
from modulo.plugins import load, load_all
from modulo.protocols import Backprompter, Critic, Generation, Generator, Request, Strategy
from modulo.specimens import Specimens
from modulo.strategies.refine import Refine

if TYPE_CHECKING:
    from modulo.audits import Audits
    from modulo.tool import Tool

__all__ = [
    "Domain",
    "domain_names",
    "find_domain",
    "generated",
    "graph_without_generator",
    "installed_domains",
    "read_file",
    "recorded_domain",
]

P = TypeVar("P")
T = TypeVar("T")

_GROUP = "modulo.domains"


class Domain(ABC, Generic[P]):
    """A kind of problem: its type, its graph, and how its problems and answers are written in files.

    Attributes:
        name: As given on the command line.
        summary: One line about it.
        problem_type: The type of its problems.
        local_temperature: The sampling temperature that suits local models; None leaves it to them.
    """

    name: str
    summary: str
    problem_type: type[P]
    local_temperature: float | None = None

    @abstractmethod
    def graph(self, generator: Generator) -> Graph:
        """The domain's graph around a generator."""

    @abstractmethod
    def example(self) -> P:
        """The built-in problem."""

    @abstractmethod
    def read_candidate(self, document: JsonValue, problem: P) -> Any:
        """The canonical candidate in a document, without any of a reformulator's tolerance.

        Raises:
            ValueError: The document has no such form; this counts as a malformed candidate.
        """

    def generate(self, seed: int, **difficulty: Any) -> P:
        """A problem made by chance.

        Args:
            seed: The same seed gives the same problem.
            **difficulty: What the domain's instances can be set to; each has a default.

        Raises:
            ConfigurationError: It has no such setting, a setting makes no sense, or no problems can be generated.
        """
        raise ConfigurationError(f"the domain {self.name!r} generates no problems; give some in a file")

    def read_problem(self, document: JsonValue) -> P:
        """The problem in a JSON document.

        Raises:
            ProblemError: There is none.
        """
        problem: P = codec_for(self.problem_type).decode(canonical_json(document))
        return problem

    def read_problem_file(self, path: Path) -> P:
        """The problem in a file; JSON unless the domain knows other formats.

        Raises:
            ProblemError: The file cannot be read or holds no such problem.
        """
        return self.read_problem(parse_json(read_file(path)))

    def answer_schema(self, problem: P) -> Mapping[str, JsonValue] | None:
        """A JSON schema that every answer fits, for models that can be held to one; None if there is none."""
        return None

    def strategy(self) -> Strategy:
        """The strategy that suits the domain."""
        return Refine()

    def backprompter(self) -> Backprompter:
        """The backprompter that suits the domain."""
        return ChatBackprompter()

    def tools(self) -> Sequence[Tool]:
        """What models may consult about its problems, if they are allowed to."""
        return ()

    def specimens(self) -> Specimens[P] | None:
        """What the domain's critics are audited on; None if there is nothing."""
        return None

    def audits(self) -> Audits:
        """The records of audits that come with the domain, in ``audits.json`` of its package.

        Raises:
            ConfigurationError: The file holds no records.
        """
        from modulo.audits import Audits

        module = sys.modules[type(self).__module__]
        return Audits.of_package(module.__package__) if module.__package__ else Audits()

    def graph_for_checking(self) -> Graph:
        """The domain's graph with a generator that cannot be asked."""
        return self.graph(_NoGenerator())


class _NoGenerator(Generator):
    """Stands where a graph is only checked, drawn or verified."""

    async def generate(self, request: Request) -> Generation:
        """Refuse.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(f"{request.node!r} has no generator here")


def generated(make: Callable[..., T], seed: int, difficulty: Mapping[str, Any]) -> T:
    """What a domain's function for instances makes of a seed and settings.

    Args:
        make: The function; its annotations say what settings there are.
        seed: Passed on to it.
        difficulty: Settings, as a file or the command line gives them: a list will do for a tuple.

    Raises:
        ConfigurationError: It has no such setting, or a setting makes no sense.
    """
    known = {name: kind for name, kind in get_type_hints(make).items() if name not in ("seed", "return")}
    unknown = [name for name in difficulty if name not in known]
    if unknown:
        raise ConfigurationError(
            f"instances have no setting {', '.join(unknown)}; there are {', '.join(known) or 'none'}"
        )
    return make(seed=seed, **{name: _setting(name, value, known[name]) for name, value in difficulty.items()})


def _setting(name: str, value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"instances cannot have {name} = {value!r}: {error}") from error


def installed_domains() -> Mapping[str, Domain[Any] | ModuloError]:
    """Every installed domain by name; one that cannot be loaded is there as the error that says why."""
    return load_all(entry_points(group=_GROUP), Domain)


def domain_names() -> frozenset[str]:
    """The names of the installed domains, none of which is loaded."""
    return frozenset(entry_points(group=_GROUP).names)


def find_domain(name: str) -> Domain[Any]:
    """The installed domain of that name.

    Raises:
        ConfigurationError: There is none, or it cannot be loaded.
    """
    entries = {entry.name: entry for entry in entry_points(group=_GROUP)}
    if name not in entries:
        near = difflib.get_close_matches(name, entries, n=1)
        guess = f"; did you mean {near[0]!r}?" if near else "."
        raise ConfigurationError(
            f"there is no domain {name!r} here{guess} Installed: {', '.join(sorted(entries)) or 'none'}."
        )
    return load(entries[name], Domain)  # type: ignore[type-abstract]  # none is made of it


def recorded_domain(name: str, *, instead: str) -> Domain[Any]:
    """The domain that a document names.

    Args:
        name: Its name.
        instead: What to do where ``solve`` was given no domain, as a sentence's end.

    Raises:
        ConfigurationError: There is none, or it cannot be loaded.
    """
    try:
        return find_domain(name)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} What was solved without a domain is {instead}.") from error


def graph_without_generator(
    function: str,
    graph: Graph[Any] | None,
    critics: Iterable[Critic[Any, Any]] | Critic[Any, Any] | None,
    **parts: Any,
) -> Graph[Any] | None:
    """The graph that a function was given, or one of the critics that it was given in its place; None for neither.

    Args:
        function: Name of the function, for errors.
        graph: The graph.
        critics: The critics.
        **parts: What ``solve`` takes besides critics: ``prompt``, ``reformulator``.

    Raises:
        ConfigurationError: Both are given.
    """
    if critics is None:
        return graph
    if graph is not None:
        raise ConfigurationError(
            f"{function}: a graph brings its own critics; pass graph= or critics=, not both"
        )
    return simple_graph(generator=_NoGenerator(), critics=critics, **parts)


def read_file(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        ProblemError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ProblemError(f"{path} cannot be read: {error.strerror}") from error
