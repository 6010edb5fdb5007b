"""Kinds of generators that packages add to the command line, as in ``planner:fast-downward``.

A package registers a ``GeneratorKind`` as an entry point of the group ``modulo.generators``; the entry point's name
is what stands before the colon.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.metadata import entry_points

from modulo.errors import ModuloError
from modulo.plugins import load, load_all
from modulo.protocols import Generator

__all__ = ["GeneratorKind", "find_generator_kind", "installed_generator_kinds"]

_GROUP = "modulo.generators"


class GeneratorKind(ABC):
    """Generators that go by a name of the form ``kind:name``."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The names that can stand after the colon."""

    @abstractmethod
    def generator(self, name: str, *, problem_type: type | None = None) -> Generator:
        """The generator of a name.

        Args:
            name: What stands after the colon.
            problem_type: The type of the problems that it will be asked about, if that is known.

        Raises:
            ConfigurationError: There is none of that name, or it cannot answer such problems.
        """

    def seeded(self, name: str, *, seed: int, problem_type: type | None = None) -> Generator:
        """The generator of a name, which draws what it draws by a seed; a kind that draws nothing need not write it.

        Args:
            name: What stands after the colon.
            seed: Another one for each repeat of a run.
            problem_type: As in ``generator``.

        Raises:
            ConfigurationError: As ``generator``.
        """
        return self.generator(name, problem_type=problem_type)

    @abstractmethod
    def state(self, name: str) -> str:
        """What there is to know of one of ``names`` here: a version, say.

        Raises:
            MissingDependencyError: It cannot be used here; the message says what to install.
        """


def find_generator_kind(kind: str) -> GeneratorKind | None:
    """The installed kind of that name; None if there is none.

    Raises:
        ConfigurationError: It cannot be loaded.
    """
    for entry in entry_points(group=_GROUP):
        if entry.name == kind:
            return load(entry, GeneratorKind)  # type: ignore[type-abstract]  # none is made of it
    return None


def installed_generator_kinds() -> Mapping[str, GeneratorKind | ModuloError]:
    """Every installed kind by name; one that cannot be loaded is there as the error that says why."""
    return load_all(entry_points(group=_GROUP), GeneratorKind)
