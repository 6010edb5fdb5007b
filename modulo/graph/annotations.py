"""What the annotations of user-written functions say about the types that flow between nodes.

A missing annotation says nothing and fits everything: types are checked where they are declared.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar, get_args, get_origin

from modulo.problem import NoSolution

__all__ = ["fits", "parameter_type", "positional_parameters", "return_type", "type_text"]


def return_type(function: Callable[..., Any]) -> Any:
    """The annotated return type, ``Any`` where there is none. A class converts to itself.

    ``Plan | NoSolution`` counts as ``Plan``: a claim that no solution exists is no value of an artefact.

    An object that is called may say so with an attribute ``returns`` instead.
    """
    if isinstance(function, type):
        return function
    if hasattr(function, "returns"):
        return function.returns
    return _without_no_solution(_hints(function).get("return", Any))


def parameter_type(function: Callable[..., Any], index: int) -> Any:
    """The annotated type of a positional parameter, ``Any`` where there is none."""
    names = positional_parameters(function)
    if names is None or index >= len(names):
        return Any
    return _hints(function).get(names[index], Any)


def positional_parameters(function: Callable[..., Any]) -> tuple[str, ...] | None:
    """Names of the positional parameters without a default; None if there is no telling."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(p.name for p in parameters if p.kind in kinds and p.default is inspect.Parameter.empty)


def fits(given: Any, wanted: Any) -> bool:
    """Whether a value annotated as ``given`` may be passed where ``wanted`` is annotated.

    Says yes in doubt: it finds plain mistakes, such as a ``Plan`` passed to a critic of a ``Coloring``.
    """
    if given == wanted or _says_nothing(given) or _says_nothing(wanted):
        return True
    if given is int and wanted is float:
        return True
    if _is_union(given):
        return all(fits(part, wanted) for part in get_args(given))
    if _is_union(wanted):
        return any(fits(given, part) for part in get_args(wanted))
    return _origins_fit(given, wanted) and _arguments_fit(given, wanted)


def type_text(annotation: Any) -> str:
    """An annotation as a person would write it."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return str(annotation).replace("typing.", "")


def _says_nothing(annotation: Any) -> bool:
    return annotation is Any or annotation is object or isinstance(annotation, (TypeVar, str))


def _without_no_solution(annotation: Any) -> Any:
    if not _is_union(annotation) or NoSolution not in get_args(annotation):
        return annotation
    return typing.Union[tuple(part for part in get_args(annotation) if part is not NoSolution)]  # noqa: UP007


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (typing.Union, types.UnionType)


def _origins_fit(given: Any, wanted: Any) -> bool:
    given, wanted = get_origin(given) or given, get_origin(wanted) or wanted
    if given is None or wanted is None:
        return given in (None, type(None)) and wanted in (None, type(None))
    if not isinstance(given, type) or not isinstance(wanted, type):
        return True
    try:
        return issubclass(given, wanted)
    except TypeError:  # a protocol with attributes
        return True


def _arguments_fit(given: Any, wanted: Any) -> bool:
    given_arguments, wanted_arguments = get_args(given), get_args(wanted)
    if get_origin(given) is not get_origin(wanted) or len(given_arguments) != len(wanted_arguments):
        return True
    return all(fits(a, b) for a, b in zip(given_arguments, wanted_arguments, strict=True) if a is not ...)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    target = function if inspect.isroutine(function) else getattr(function, "__call__", None)  # noqa: B004
    try:
        return typing.get_type_hints(target)
    except Exception:  # noqa: BLE001  an annotation is an expression of any kind, with names only checkers see
        return {}
