"""The nodes of a graph, as declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from modulo.protocols import Critic, Generator, Message, SoftCritic
from modulo.steps import Steps

__all__ = [
    "CriticNode",
    "Either",
    "GeneratorNode",
    "Node",
    "Prompt",
    "Reads",
    "ReformulatorNode",
    "SoftCriticNode",
    "is_name",
]

Prompt: TypeAlias = Callable[..., str | Sequence[Message]]
"""Makes the opening of a conversation from the problem's value and, in order, the values of what is read."""


@dataclass(frozen=True, slots=True)
class Either:
    """Whichever of several nodes gives an artefact first; written ``fast | slow``."""

    names: tuple[str, ...]

    def __or__(self, other: Reads) -> Either:
        return Either((*self.names, *_names(other)))

    def __ror__(self, other: str) -> Either:
        return Either((other, *self.names))


@dataclass(frozen=True, slots=True)
class Node:
    """A handle on a node, for ``reads=`` and ``backprompts=``."""

    name: str

    def __or__(self, other: Reads) -> Either:
        return Either((self.name, *_names(other)))

    def __ror__(self, other: str) -> Either:
        return Either((other, self.name))


Reads: TypeAlias = Node | Either | str


def is_name(name: object) -> bool:
    """Whether something can be a name in a graph and in its certificates."""
    if not isinstance(name, str) or not name.strip():
        return False
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _names(node: Reads) -> tuple[str, ...]:
    if isinstance(node, Either):
        return node.names
    return (node.name if isinstance(node, Node) else node,)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorNode:
    """A generator and its prompt. ``reads`` names the certified artefacts that it builds on, all needed.

    ``steps`` takes apart what it gives, where that can be made step by step.
    """

    name: str
    generator: Generator
    prompt: Prompt | None
    reads: tuple[str, ...]
    steps: Steps[Any, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReformulatorNode:
    """A conversion. ``reads`` names alternatives: it converts whichever of them there is.

    ``convert`` is None in the node that stands for ``a | b`` itself, which passes on what it gets.
    """

    name: str
    convert: Callable[..., Any] | None
    reads: tuple[str, ...]
    wants_problem: bool = False
    annotation: Any = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticNode:
    """A hard critic. It judges the first of ``reads``; the others are certified artefacts to judge it by.

    ``is_async`` (it is a coroutine or an asynchronous generator), ``runs_in_process`` and ``needs_workers`` (it or a
    part of it runs in a process) are known once the graph was checked.
    """

    name: str
    critic: Critic[Any, Any]
    reads: tuple[str, ...]
    backprompts: tuple[str, ...] = ()
    is_async: bool = False
    runs_in_process: bool = False
    needs_workers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftCriticNode:
    """A soft critic of the node that it reads."""

    name: str
    critic: SoftCritic[Any, Any]
    reads: tuple[str, ...]
