"""Modulo: language models guess, sound critics certify.

Public names are loaded when they are first used, so that ``import modulo`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from modulo.version import __version__

if TYPE_CHECKING:
    from modulo.advising import AdvisingBackprompter
    from modulo.api import EventStream, solve, solve_sync, stream
    from modulo.backprompt import ChatBackprompter
    from modulo.budget import Budget, Usage
    from modulo.canonical import JsonValue, parse_json
    from modulo.certificate import Certificate
    from modulo.checking import Checked, Verified, check, verify
    from modulo.clock import Clock
    from modulo.critique import Critique, Remark, Soundness, Verdict, Violation
    from modulo.domain import Domain
    from modulo.errors import (
        Billing,
        CertificateError,
        ConfigurationError,
        GenerationError,
        GraphError,
        Malformed,
        MissingDependencyError,
        ModuloError,
        NotApplicableError,
        ProblemError,
        TraceError,
        TransientGenerationError,
    )
    from modulo.events import Event
    from modulo.function_critic import FunctionCritic, critic
    from modulo.generators.choice import Models
    from modulo.generators.llm import LLM
    from modulo.generators.local import Local
    from modulo.generators.model_limits import ModelLimits
    from modulo.generators.price import Price
    from modulo.generators.transcript import TranscriptGenerator
    from modulo.graph import Graph, Node
    from modulo.ledger import Ledger
    from modulo.llm_judge import LLMJudge
    from modulo.many import solve_many
    from modulo.nested import NestedLoop
    from modulo.outcome import Certified, Exhausted, Outcome, StopReason, Unsolvable
    from modulo.passages import text_search
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
    from modulo.replaying import Replayed, replay
    from modulo.running.retrying import Retries
    from modulo.signing import FileOrBytes
    from modulo.steps import Beginning, Steps
    from modulo.strategies import (
        ABMCTS,
        Adaptive,
        BeamSearch,
        BestOfN,
        BudgetForcing,
        Cascade,
        EffortLadder,
        Portfolio,
        Refine,
        Router,
        RoutingTable,
        SelfConsistency,
        TreeQuest,
        TreeSearch,
    )
    from modulo.tool import Tool
    from modulo.tool_loop import ToolLoop
    from modulo.trace import Trace
    from modulo.tree import Attempt, Tree

_HOME = {
    "modulo.advising": ("AdvisingBackprompter",),
    "modulo.api": ("EventStream", "solve", "solve_sync", "stream"),
    "modulo.backprompt": ("ChatBackprompter",),
    "modulo.budget": ("Budget", "Usage"),
    "modulo.canonical": ("JsonValue", "parse_json"),
    "modulo.certificate": ("Certificate",),
    "modulo.checking": ("Checked", "Verified", "check", "verify"),
    "modulo.clock": ("Clock",),
    "modulo.critique": ("Critique", "Remark", "Soundness", "Verdict", "Violation"),
    "modulo.domain": ("Domain",),
    "modulo.errors": (
        "Billing",
        "CertificateError",
        "ConfigurationError",
        "GenerationError",
        "GraphError",
        "Malformed",
        "MissingDependencyError",
        "ModuloError",
        "NotApplicableError",
        "ProblemError",
        "TraceError",
        "TransientGenerationError",
    ),
    "modulo.events": ("Event",),
    "modulo.function_critic": ("FunctionCritic", "critic"),
    "modulo.generators.choice": ("Models",),
    "modulo.generators.llm": ("LLM",),
    "modulo.generators.local": ("Local",),
    "modulo.generators.model_limits": ("ModelLimits",),
    "modulo.generators.price": ("Price",),
    "modulo.generators.transcript": ("TranscriptGenerator",),
    "modulo.graph": ("Graph", "Node"),
    "modulo.ledger": ("Ledger",),
    "modulo.many": ("solve_many",),
    "modulo.llm_judge": ("LLMJudge",),
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
    "modulo.replaying": ("Replayed", "replay"),
    "modulo.running.retrying": ("Retries",),
    "modulo.signing": ("FileOrBytes",),
    "modulo.steps": ("Beginning", "Steps"),
    "modulo.strategies": (
        "ABMCTS",
        "Adaptive",
        "BeamSearch",
        "BestOfN",
        "BudgetForcing",
        "Cascade",
        "EffortLadder",
        "Portfolio",
        "Refine",
        "Router",
        "RoutingTable",
        "SelfConsistency",
        "TreeQuest",
        "TreeSearch",
    ),
    "modulo.passages": ("text_search",),
    "modulo.tool": ("Tool",),
    "modulo.tool_loop": ("ToolLoop",),
    "modulo.trace": ("Trace",),
    "modulo.tree": ("Attempt", "Tree"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "ABMCTS",
    "LLM",
    "NO_SOLUTION",
    "Adaptive",
    "AdvisingBackprompter",
    "Attempt",
    "Backprompter",
    "BeamSearch",
    "Beginning",
    "BestOfN",
    "Billing",
    "Budget",
    "BudgetForcing",
    "Candidate",
    "Cascade",
    "Certificate",
    "CertificateError",
    "Certified",
    "ChatBackprompter",
    "Checked",
    "Clock",
    "ConfigurationError",
    "Conversation",
    "Critic",
    "Critique",
    "Domain",
    "EffortLadder",
    "Event",
    "EventStream",
    "Exhausted",
    "Expansion",
    "FileOrBytes",
    "Finish",
    "FunctionCritic",
    "Generation",
    "GenerationError",
    "Generator",
    "Graph",
    "GraphError",
    "JsonValue",
    "LLMJudge",
    "Ledger",
    "Local",
    "Malformed",
    "Message",
    "MissingDependencyError",
    "ModelLimits",
    "Models",
    "ModuloError",
    "NestedLoop",
    "Node",
    "NotApplicableError",
    "Outcome",
    "Portfolio",
    "Price",
    "Problem",
    "ProblemError",
    "Refine",
    "Remark",
    "Rendered",
    "Replayed",
    "Request",
    "Retries",
    "Reveals",
    "Router",
    "RoutingTable",
    "Sampling",
    "SelfConsistency",
    "SoftCritic",
    "Soundness",
    "Steps",
    "StopReason",
    "Strategy",
    "Tool",
    "ToolLoop",
    "Trace",
    "TraceError",
    "TranscriptGenerator",
    "TransientGenerationError",
    "Tree",
    "TreeQuest",
    "TreeSearch",
    "Turn",
    "Unsolvable",
    "Usage",
    "Verdict",
    "Verified",
    "Violation",
    "__version__",
    "check",
    "critic",
    "parse_json",
    "replay",
    "solve",
    "solve_many",
    "solve_sync",
    "stream",
    "text_search",
    "verify",
]


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'modulo' has no attribute {name!r}")
    found = getattr(import_module(module), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
