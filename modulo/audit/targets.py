"""Finds what the command line names: a domain, or a critic and its specimens in a module."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from modulo.audit.cases import read_cases
from modulo.audit.subject import Subject, subject_of
from modulo.canonical import JsonValue, canonical_json, codec_for
from modulo.domain import Domain, find_domain
from modulo.errors import ConfigurationError
from modulo.generators.transcript import json_lines
from modulo.graph.annotations import parameter_type
from modulo.protocols import Critic
from modulo.specimens import Specimens

__all__ = ["find_subject"]

_SPECIMENS: Final = "SPECIMENS"
"""Where a critic's module keeps its specimens, unless somebody says otherwise."""


def find_subject(target: str, *, specimens: str | None = None, cases: Path | None = None) -> Subject:
    """What a name on the command line stands for.

    Args:
        target: Name of a domain, or ``module:critic``.
        specimens: ``module:object``, in place of the domain's or module's own.
        cases: JSON lines with the verdict that is expected of each answer, in place of specimens.

    Raises:
        ConfigurationError: There is no such thing, or nothing to audit it on.
        ProblemError: The cases cannot be read.
    """
    if specimens is not None and cases is not None:
        raise ConfigurationError("an audit takes specimens or cases, not both")
    module, colon, _ = target.partition(":")
    audited = _critic_or_domain(target) if colon else find_domain(target)
    if cases is not None:
        return subject_of(audited, read_cases(json_lines(cases), lambda document: _problem(audited, document)))
    if specimens is not None:
        return subject_of(audited, _specimens(specimens))
    if isinstance(audited, Critic):
        return _with_own_specimens(audited, target, module)
    return subject_of(audited)


def _with_own_specimens(critic: Critic[Any, Any], target: str, module: str) -> Subject:
    own = getattr(import_module(module), _SPECIMENS, None)
    if own is None:
        raise ConfigurationError(
            f"there is nothing to audit {target} on: give --specimens module:object (a modulo.specimens.Specimens), "
            f"--cases FILE (JSON lines of problem, candidate, expected), or set {_SPECIMENS} in {module}"
        )
    return subject_of(critic, _as_specimens(own, f"{module}:{_SPECIMENS}"))


def _critic_or_domain(target: str) -> Critic[Any, Any] | Domain[Any]:
    found = _look_up(target)
    if isinstance(found, type) and issubclass(found, (Critic, Domain)):
        found = _made(found, target)
    if not isinstance(found, (Critic, Domain)):
        raise ConfigurationError(f"{target} is a {type(found).__name__}, neither a hard critic nor a domain")
    return found


def _made(kind: Any, target: str) -> Any:
    try:
        return kind()
    except TypeError as error:
        raise ConfigurationError(
            f"{target} needs arguments ({error}); name an object in place of the class"
        ) from error


def _specimens(target: str) -> Specimens[Any]:
    return _as_specimens(_look_up(target), target)


def _as_specimens(found: Any, target: str) -> Specimens[Any]:
    if isinstance(found, type) and issubclass(found, Specimens):
        found = _made(found, target)
    if not isinstance(found, Specimens):
        raise ConfigurationError(f"{target} is a {type(found).__name__}, no modulo.specimens.Specimens")
    return found


def _look_up(target: str) -> Any:
    """What ``module:name`` names; modules of the current folder are found, as by ``python -m``."""
    module, _, name = target.partition(":")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception as error:  # importing somebody's module may raise anything
        raise ConfigurationError(f"{target} cannot be loaded: {type(error).__name__}: {error}") from error
    return found


def _problem(audited: Critic[Any, Any] | Domain[Any], document: JsonValue) -> Any:
    if isinstance(audited, Domain):
        return audited.read_problem(document)
    return codec_for(parameter_type(audited.critique, 0)).decode(canonical_json(document))
