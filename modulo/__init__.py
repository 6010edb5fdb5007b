"""Modulo: language models guess, sound critics certify.

Public names are loaded when they are first used, so that ``import modulo`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from modulo.version import __version__

if TYPE_CHECKING:
    from modulo.api import EventStream, solve, solve_sync, stream
    from modulo.backprompt import ChatBackprompter
    from modulo.budget import Budget, Ledger, Usage
    from modulo.certificate import Certificate
    from modulo.critique import Critique, Remark, Soundness, Verdict, Violation
    from modulo.errors import GraphError, Malformed, ModuloError
    from modulo.function_critic import critic
    from modulo.graph import Graph
    from modulo.outcome import Certified, Exhausted, Outcome, StopReason, Unsolvable
    from modulo.problem import NO_SOLUTION, Candidate, Problem
    from modulo.protocols import (
        Backprompter,
        Critic,
        Expansion,
        Finish,
        Generation,
        Generator,
        Message,
        Request,
        Sampling,
        SoftCritic,
        Strategy,
    )
    from modulo.running.calls import Retries
    from modulo.strategies import Refine
    from modulo.trace import Trace
    from modulo.tree import Attempt, Tree

_HOME = {
    "modulo.api": ("EventStream", "solve", "solve_sync", "stream"),
    "modulo.backprompt": ("ChatBackprompter",),
    "modulo.budget": ("Budget", "Ledger", "Usage"),
    "modulo.certificate": ("Certificate",),
    "modulo.critique": ("Critique", "Remark", "Soundness", "Verdict", "Violation"),
    "modulo.errors": ("GraphError", "Malformed", "ModuloError"),
    "modulo.function_critic": ("critic",),
    "modulo.graph": ("Graph",),
    "modulo.outcome": ("Certified", "Exhausted", "Outcome", "StopReason", "Unsolvable"),
    "modulo.problem": ("NO_SOLUTION", "Candidate", "Problem"),
    "modulo.protocols": (
        "Backprompter",
        "Critic",
        "Expansion",
        "Finish",
        "Generation",
        "Generator",
        "Message",
        "Request",
        "Sampling",
        "SoftCritic",
        "Strategy",
    ),
    "modulo.running.calls": ("Retries",),
    "modulo.strategies": ("Refine",),
    "modulo.trace": ("Trace",),
    "modulo.tree": ("Attempt", "Tree"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'modulo' has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
