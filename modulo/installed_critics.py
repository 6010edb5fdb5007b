"""The critics that packages register, so that others find them.

A package registers a hard critic as an entry point of the group ``modulo.critics``: a ``Critic`` class, or a critic
itself, as ``@modulo.critic`` makes one of a function. A class is never called, since only its user knows what to give
it; what it says of all its critics is what is told of it. Functions that make critics are refused for the same
reason, and soft critics because what is listed can certify.

    [project.entry-points."modulo.critics"]
    no_overlap = "meetings.critic:no_overlap"
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeVar

from modulo.errors import ConfigurationError
from modulo.graph.annotations import parameter_type, type_text
from modulo.plugins import load_any, place_of
from modulo.protocols import Critic

__all__ = ["InstalledCritic", "installed_critics"]

_GROUP = "modulo.critics"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledCritic:
    """What a registered critic says of itself.

    Attributes:
        name: The entry point's.
        value: What the entry point names, as in ``modulo.critics.plan:PlanValidator``.
        id: Name of the implementation, as certificates have it.
        version: Changes whenever verdicts may change.
        soundness: How much its ACCEPT is worth.
        proves: What its ACCEPT proves; None where that depends on what the class is given.
        judges: Solutions, or claims that none exists.
        problem: The type of problem that it applies to, as it is annotated; "Any" where it is not.
    """

    name: str
    value: str
    id: str
    version: str
    soundness: str
    proves: str | None
    judges: Literal["solutions", "unsolvability"]
    problem: str


def installed_critics() -> Mapping[str, InstalledCritic | ConfigurationError]:
    """Every registered critic by name; one that cannot be loaded is there as the error that says why."""
    entries = sorted(entry_points(group=_GROUP), key=lambda entry: entry.name)
    return {entry.name: _described(entry) for entry in entries}


def _described(entry: EntryPoint) -> InstalledCritic | ConfigurationError:
    try:
        found = load_any(entry)
        if isinstance(found, Critic):
            return _read_off(entry, found, found.id, parameter_type(found.critique, 0))
        if isinstance(found, type) and issubclass(found, Critic) and not inspect.isabstract(found):
            critic_id = f"{found.__module__}:{found.__qualname__}"
            return _read_off(entry, found, critic_id, parameter_type(found.critique, 1))
    except ConfigurationError as error:
        return error
    except Exception as error:  # noqa: BLE001  third-party code may raise anything
        return ConfigurationError(f"{place_of(entry)} cannot say what it is: {type(error).__name__}: {error}")
    kind = "a class" if isinstance(found, type) else f"a {type(found).__name__}"
    return ConfigurationError(
        f"{place_of(entry)} is {kind} that is no hard critic; register a Critic class without abstract methods, or a "
        "critic itself as @modulo.critic makes one"
    )


def _read_off(entry: EntryPoint, critic: Any, critic_id: str, problem: Any) -> InstalledCritic:
    return InstalledCritic(
        name=entry.name,
        value=entry.value,
        id=critic_id,
        version=critic.version,
        soundness=critic.soundness.value,
        proves=critic.proves if isinstance(critic.proves, str) and critic.proves else None,
        judges=critic.judges,
        problem=type_text(Any if problem is object or isinstance(problem, TypeVar) else problem),
    )
