"""Strategies: what to generate next. One strategy a file; all of them run on the one loop.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modulo.strategies.abmcts import ABMCTS
    from modulo.strategies.adaptive import Adaptive
    from modulo.strategies.beam_search import BeamSearch
    from modulo.strategies.best_of_n import BestOfN
    from modulo.strategies.budget_forcing import BudgetForcing
    from modulo.strategies.cascade import Cascade
    from modulo.strategies.effort_ladder import EffortLadder
    from modulo.strategies.portfolio import Portfolio
    from modulo.strategies.refine import Refine
    from modulo.strategies.router import Router
    from modulo.strategies.routing import RoutingTable
    from modulo.strategies.self_consistency import SelfConsistency
    from modulo.strategies.tree_quest import TreeQuest
    from modulo.strategies.tree_search import TreeSearch

MODULE_OF = {
    "ABMCTS": "abmcts",
    "Adaptive": "adaptive",
    "BeamSearch": "beam_search",
    "BestOfN": "best_of_n",
    "BudgetForcing": "budget_forcing",
    "Cascade": "cascade",
    "EffortLadder": "effort_ladder",
    "Portfolio": "portfolio",
    "Refine": "refine",
    "Router": "router",
    "RoutingTable": "routing",
    "SelfConsistency": "self_consistency",
    "TreeQuest": "tree_quest",
    "TreeSearch": "tree_search",
}

__all__ = [
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
]


def __getattr__(name: str) -> Any:
    if name not in MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{MODULE_OF[name]}"), name)
    globals()[name] = found
    return found
