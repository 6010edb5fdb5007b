"""The strategies that have names, with those left out whose library is not installed here."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from modulo.strategies.named import STRATEGY_NAMES

__all__ = ["NAMED", "needs_treequest"]

needs_treequest = pytest.mark.skipif(
    find_spec("treequest") is None, reason="the library treequest is not installed (extra treequest)"
)
NAMED = [pytest.param(name, marks=needs_treequest if name == "tree_quest" else ()) for name in STRATEGY_NAMES]
