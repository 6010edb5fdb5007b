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
    from modulo.budget import Budget, Usage
    from modulo.canonical import parse_json
    from modulo.certificate import Certificate
    from modulo.checking import check, verify
    from modulo.critique import Critique, Remark, Soundness, Verdict, Violation
    from modulo.errors import (
        Billing,
        GenerationError,
        GraphError,
        Malformed,
        ModuloError,
        TransientGenerationError,
    )
    from modulo.function_critic import critic
    from modulo.generators.llm import LLM
    from modulo.generators.local import Local
    from modulo.generators.model_limits import ModelLimits
    from modulo.generators.price import Price
    from modulo.generators.transcript import TranscriptGenerator
    from modulo.graph import Graph
    from modulo.ledger import Ledger
    from modulo.nested import NestedLoop
    from modulo.outcome import Certified, Exhausted, Outcome, StopReason, Unsolvable
    from modulo.problem import NO_SOLUTION, Candidate, Problem
    from modulo.protocols import (
        Backprompter,
        Conversation,
        Critic,
        Expansion,
        Finish,
        Generation,
        Generator,
        Message,
        Rendered,
        Request,
        Reveals,
        Sampling,
        SoftCritic,
        Strategy,
        Turn,
    )
    from modulo.replay import replay
    from modulo.running.retrying import Retries
    from modulo.strategies import Refine
    from modulo.trace import Trace
    from modulo.tree import Attempt, Tree

_HOME = {
    "modulo.api": ("EventStream", "solve", "solve_sync", "stream"),
    "modulo.backprompt": ("ChatBackprompter",),
    "modulo.budget": ("Budget", "Usage"),
    "modulo.ledger": ("Ledger",),
    "modulo.canonical": ("parse_json",),
    "modulo.certificate": ("Certificate",),
    "modulo.checking": ("check", "verify"),
    "modulo.critique": ("Critique", "Remark", "Soundness", "Verdict", "Violation"),
    "modulo.errors": (
        "Billing",
        "GenerationError",
        "GraphError",
        "Malformed",
        "ModuloError",
        "TransientGenerationError",
    ),
    "modulo.function_critic": ("critic",),
    "modulo.generators.llm": ("LLM",),
    "modulo.generators.local": ("Local",),
    "modulo.generators.model_limits": ("ModelLimits",),
    "modulo.generators.price": ("Price",),
    "modulo.generators.transcript": ("TranscriptGenerator",),
    "modulo.graph": ("Graph",),
    "modulo.nested": ("NestedLoop",),
    "modulo.outcome": ("Certified", "Exhausted", "Outcome", "StopReason", "Unsolvable"),
    "modulo.problem": ("NO_SOLUTION", "Candidate", "Problem"),
    "modulo.protocols": (
        "Backprompter",
        "Conversation",
        "Critic",
        "Expansion",
        "Finish",
        "Generation",
        "Generator",
        "Message",
        "Rendered",
        "Request",
        "Reveals",
        "Sampling",
        "SoftCritic",
        "Strategy",
        "Turn",
    ),
    "modulo.replay": ("replay",),
    "modulo.running.retrying": ("Retries",),
    "modulo.strategies": ("Refine",),
    "modulo.trace": ("Trace",),
    "modulo.tree": ("Attempt", "Tree"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "LLM",
    "NO_SOLUTION",
    "Attempt",
    "Backprompter",
    "Billing",
    "Budget",
    "Candidate",
    "Certificate",
    "Certified",
    "ChatBackprompter",
    "Conversation",
    "Critic",
    "Critique",
    "EventStream",
    "Exhausted",
    "Expansion",
    "Finish",
    "Generation",
    "GenerationError",
    "Generator",
    "Graph",
    "GraphError",
    "Ledger",
    "Local",
    "Malformed",
    "Message",
    "ModelLimits",
    "ModuloError",
    "NestedLoop",
    "Outcome",
    "Price",
    "Problem",
    "Refine",
    "Remark",
    "Rendered",
    "Request",
    "Retries",
    "Reveals",
    "Sampling",
    "SoftCritic",
    "Soundness",
    "StopReason",
    "Strategy",
    "Trace",
    "TranscriptGenerator",
    "TransientGenerationError",
    "Tree",
    "Turn",
    "Unsolvable",
    "Usage",
    "Verdict",
    "Violation",
    "__version__",
    "check",
    "critic",
    "parse_json",
    "replay",
    "solve",
    "solve_sync",
    "stream",
    "verify",
]


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'modulo' has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
