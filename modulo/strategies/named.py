"""Strategies by their names, as the command line and study files write them: ``best_of_n:n=8``."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from modulo import strategies
from modulo.errors import ConfigurationError
from modulo.protocols import Strategy
from modulo.strategies.portfolio import Portfolio

__all__ = ["STRATEGY_NAMES", "name_of", "settings_in", "strategy_from_string"]

_NOT_BY_NAME: Final = ("Adaptive", "Portfolio", "RoutingTable")
_CLASSES: Final[Mapping[str, str]] = {
    module: name for name, module in strategies.MODULE_OF.items() if name not in _NOT_BY_NAME
}
"""A strategy is called as the module that has it."""

STRATEGY_NAMES: Final = tuple(_CLASSES)


def strategy_from_string(text: str) -> Strategy:
    """The strategy that a string names, with its settings.

    Args:
        text: ``NAME`` or ``NAME:SETTING=VALUE,SETTING=VALUE``. Values are JSON, or words that stand for themselves;
            lists are words with ``+`` between them, e.g. ``cascade:models=small+large``. Several of these with ``|``
            between them are a ``Portfolio``.

    Raises:
        ConfigurationError: There is no such strategy or setting, or a value makes no sense.
    """
    if "|" in text:
        return Portfolio(tuple(strategy_from_string(part) for part in text.split("|")))
    name, _, rest = text.partition(":")
    if name == "adaptive":
        raise ConfigurationError(
            "adaptive spends one budget over many problems: it is a strategy of a study (modulo bench), alone, and "
            "modulo.solve_many in programs"
        )
    if name not in _CLASSES:
        near = difflib.get_close_matches(name, _CLASSES, n=1)
        guess = f"; did you mean {near[0]!r}?" if near else "."
        raise ConfigurationError(f"there is no strategy {name!r}{guess} There are {', '.join(_CLASSES)}.")
    return _made(name, getattr(strategies, _CLASSES[name]), rest)


def settings_in(name: str, text: str) -> dict[str, Any]:
    """The settings in ``SETTING=VALUE,SETTING=VALUE``.

    Raises:
        ConfigurationError: A part of it has another form, or a setting stands twice; ``name`` says whose it is.
    """
    given = [_setting(name, part) for part in text.split(",") if part]
    settings = dict(given)
    if len(settings) < len(given):
        raise ConfigurationError(f"strategy {name!r}: a setting stands twice in {text!r}")
    return settings


def name_of(strategy: Strategy) -> str | None:
    """The name of a strategy's class; None if it is no part of the library."""
    kind = type(strategy)
    prefix, _, name = kind.__module__.rpartition(".")
    return name if prefix == strategies.__name__ and _CLASSES.get(name) == kind.__qualname__ else None


def _made(name: str, kind: type[Any], rest: str) -> Strategy:
    known = {field.name for field in fields(kind) if field.init} if is_dataclass(kind) else set()
    settings = settings_in(name, rest)
    unknown = settings.keys() - known
    if unknown:
        raise ConfigurationError(
            f"strategy {name!r} has no setting {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}"
        )
    try:
        made: Strategy = kind(**settings)
    except TypeError as error:
        raise ConfigurationError(f"strategy {name!r}: {error}") from error
    return made


def _setting(name: str, part: str) -> tuple[str, Any]:
    key, equals, value = part.partition("=")
    if not equals or not key:
        raise ConfigurationError(f"strategy {name!r}: {part!r} is no SETTING=VALUE")
    if "+" in value and not _is_json(value):
        return key, tuple(_value(word) for word in value.split("+"))
    return key, _value(value)


def _is_json(text: str) -> bool:
    return not isinstance(_value(text), str)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
