"""Which critics can be asked together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from modulo.errors import ConfigurationError
from modulo.protocols import Critic

__all__ = ["check_parts"]


def check_parts(parts: Sequence[Critic[Any, Any]]) -> None:
    """See that some critics are several implementations of one judgement, as far as that can be seen.

    Raises:
        ConfigurationError: They are not.
    """
    for part in parts:
        if not isinstance(part, Critic):
            raise ConfigurationError(f"NVersion asks hard critics; {part!r} is none")
    if len(parts) < 2:
        raise ConfigurationError(f"NVersion asks at least two critics, not {len(parts)}")
    first, *others = parts
    for other in others:
        for name, what in (("judges", "the same kind of claim"), ("is_format", "format, all or none of them")):
            if getattr(first, name) != getattr(other, name):
                raise ConfigurationError(f"NVersion: {first.id} and {other.id} do not judge {what}")
    for one, another in combinations([leaf for part in parts for leaf in _leaves(part)], 2):
        if one.id == another.id or _code(one) is _code(another):
            raise ConfigurationError(
                f"NVersion: {one.id} and {another.id} are the same implementation, which agrees with itself"
            )


def _leaves(critic: Critic[Any, Any]) -> Iterator[Critic[Any, Any]]:
    if not critic.parts:
        yield critic
    for part in critic.parts:
        yield from _leaves(part)


def _code(critic: Critic[Any, Any]) -> object:
    """The function that judges; a class that inherits it is no other implementation."""
    return getattr(critic.critique, "__func__", critic.critique)
